using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace MTRec.Serving.Redis;

/// <summary>A Lua script that a server runs as one atomic step. It is sent by its hash, and in full only to a server that does not know it.</summary>
internal sealed class RedisScript
{
    private readonly string _text;
    private readonly string _hash;

    private RedisScript(string text)
    {
        _text = text;
#pragma warning disable CA5350 // The protocol names scripts by SHA-1.
        _hash = Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }

    /// <summary>The script in a file of this assembly.</summary>
    public static RedisScript Of(string file)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"The assembly holds no {file}.");
        using var reader = new StreamReader(stream);
        return new RedisScript(reader.ReadToEnd());
    }

    /// <summary>Runs the script on the server that holds its keys.</summary>
    /// <param name="database">The server, or the Cluster.</param>
    /// <param name="keys">What it reads and changes; in a Cluster all of one slot.</param>
    /// <param name="values">Its arguments.</param>
    public async Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ExecuteAsync("EVALSHA", Arguments(_hash, keys, values), CommandFlags.DemandMaster);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await database.ExecuteAsync("EVAL", Arguments(_text, keys, values), CommandFlags.DemandMaster);
        }
    }

    // Keys stay keys, so that a Cluster's node is chosen by them.
    private static object[] Arguments(string script, RedisKey[] keys, RedisValue[] values) =>
        [script, keys.Length.ToString(CultureInfo.InvariantCulture), .. keys, .. values];
}
