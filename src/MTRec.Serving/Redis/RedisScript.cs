using StackExchange.Redis;

namespace MTRec.Serving.Redis;

/// <summary>A Lua script that a server runs as one atomic step. The client sends it by its hash, and in full only to a server that does not know it.</summary>
internal sealed class RedisScript
{
    private readonly string _text;

    private RedisScript(string text) => _text = text;

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
    public Task<RedisResult> RunAsync(IDatabase database, RedisKey[] keys, RedisValue[] values) =>
        database.ScriptEvaluateAsync(_text, keys, values, CommandFlags.DemandMaster);
}
