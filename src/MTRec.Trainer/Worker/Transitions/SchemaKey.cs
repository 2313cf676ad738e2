using System.Security.Cryptography;
using System.Text.Json;
using MTRec.Core.Bundles;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>Tells layouts of features and history apart.</summary>
internal static class SchemaKey
{
    /// <summary>Equal for manifests with the same features and the same history: 16 hexadecimal digits.</summary>
    public static string Of(BundleManifest manifest)
    {
        // The other sections would name versions and figures.
        var features = manifest.Features.Select(feature => string.Join(
            '|', feature.Name, feature.Kind, feature.Type, feature.Default, feature.Min, feature.Max, string.Join(',', (feature.Values ?? new Dictionary<string, int>()).OrderBy(value => value.Value).Select(value => $"{value.Key}={value.Value}"))));
        var text = JsonSerializer.SerializeToUtf8Bytes(new[] { string.Join('\n', features), $"{manifest.History.Length}", string.Join(',', manifest.History.Actions) });
        return Convert.ToHexStringLower(SHA256.HashData(text).AsSpan(0, 8));
    }
}
