using System.Security.Cryptography;
using System.Text.Json;
using MTRec.Data;
using MTRec.Inference;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>The last refresh that was tried, and where refreshed parts come from: <c>refresh/</c> of the state.</summary>
/// <param name="state">The state's folder.</param>
internal sealed class RefreshLedger(string state)
{
    private readonly string _folder = Path.Combine(state, "refresh");

    private string MarkPath => Path.Combine(_folder, "last.json");

    private string PartsPath => Path.Combine(_folder, "parts.json");

    /// <summary>The last one that was tried; null where none was.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public RefreshMark? Last() => Read<RefreshMark>(MarkPath);

    /// <summary>Keeps it.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(RefreshMark mark) => Write(MarkPath, mark);

    /// <summary>
    /// The graph to go on from: the one that serves, unless a user was deleted since it was learned from the window, for what it knows of the user cannot be told apart. Then it is the graph from outside
    /// of the window that it was first learned from.
    /// </summary>
    /// <param name="serving">The serving bundle.</param>
    /// <param name="file">Which graph.</param>
    /// <param name="deletions">Deletions of users so far.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public byte[] StartOf(Bundle serving, string file, long deletions) =>
        Learned().Find(part => part.Sha256 == serving.Manifest.Files[file].Sha256) is { } own && own.Deletions != deletions
            ? File.ReadAllBytes(OriginPath(own.Origin))
            : File.ReadAllBytes(Path.Combine(serving.Directory, file));

    /// <summary>Keeps where a part comes from, before it is published.</summary>
    /// <param name="serving">The bundle that served.</param>
    /// <param name="file">Which graph.</param>
    /// <param name="graph">The refreshed graph.</param>
    /// <param name="deletions">Deletions of users before the window was read.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Add(Bundle serving, string file, byte[] graph, long deletions)
    {
        var parts = Learned();
        var before = serving.Manifest.Files[file].Sha256;
        var origin = parts.Find(part => part.Sha256 == before)?.Origin ?? before;
        Directory.CreateDirectory(_folder);
        if (!File.Exists(OriginPath(origin)))
            DurableFiles.Replace(OriginPath(origin), File.ReadAllBytes(Path.Combine(serving.Directory, file)));
        Write(PartsPath, (List<RefreshedGraph>)[.. parts, new RefreshedGraph(Convert.ToHexStringLower(SHA256.HashData(graph)), deletions, origin)]);
    }

    private List<RefreshedGraph> Learned() => Read<List<RefreshedGraph>>(PartsPath) ?? [];

    private string OriginPath(string sha) => Path.Combine(_folder, $"{sha}.onnx");

    private void Write<T>(string path, T value)
    {
        Directory.CreateDirectory(_folder);
        DurableFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(value, JsonSerializerOptions.Web));
    }

    private static T? Read<T>(string path)
        where T : class
    {
        if (!File.Exists(path))
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), JsonSerializerOptions.Web) ?? throw new DataFormatException($"{path}: holds nothing.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    private sealed record RefreshedGraph(string Sha256, long Deletions, string Origin);
}

/// <summary>A refresh that was tried.</summary>
/// <param name="At">When.</param>
/// <param name="PolicyIsNext">Whether a bundle came of it, and no policy was looked for since: that comes before the next refresh.</param>
internal sealed record RefreshMark(DateTimeOffset At, bool PolicyIsNext);
