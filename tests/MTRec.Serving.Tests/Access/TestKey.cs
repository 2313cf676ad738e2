using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MTRec.Serving.Access;

namespace MTRec.Serving.Tests.Access;

/// <summary>A key and its place in the configuration.</summary>
internal sealed record TestKey(string Name, string Text, Scope[] Scopes)
{
    public static TestKey Make(string name, params Scope[] scopes) =>
        new(name, "mtrec_" + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(name))).TrimEnd('=').Replace('+', '-').Replace('/', '_'), scopes);

    public string Hash => Convert.ToHexString(SHA256.HashData(Encoding.ASCII.GetBytes(Text)));

    /// <summary>The settings of the key at a place of the list.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings(int index, string? expires = null) =>
    [
        new($"Access:Keys:{index}:Name", Name),
        new($"Access:Keys:{index}:Sha256", Hash),
        .. Scopes.Select((scope, i) => new KeyValuePair<string, string?>(string.Create(CultureInfo.InvariantCulture, $"Access:Keys:{index}:Scopes:{i}"), scope.ToString())),
        .. expires is null ? Array.Empty<KeyValuePair<string, string?>>() : [new($"Access:Keys:{index}:Expires", expires)],
    ];

    /// <summary>The same as arguments of the service.</summary>
    public IEnumerable<string> Arguments(int index, string? expires = null) => Settings(index, expires).Select(setting => $"--{setting.Key}={setting.Value}");
}
