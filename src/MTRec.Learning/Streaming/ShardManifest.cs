using System.Text.Json;
using MTRec.Data;

namespace MTRec.Learning.Streaming;

/// <summary>What a folder of transitions holds, in order: its <c>transitions.json</c>.</summary>
/// <param name="Format">Always <see cref="CurrentFormat"/>.</param>
/// <param name="Shards">The shards.</param>
public sealed record ShardManifest(string Format, IReadOnlyList<Shard> Shards)
{
    /// <summary>Name of the manifest in its folder.</summary>
    public const string FileName = "transitions.json";

    /// <summary>The only format so far.</summary>
    public const string CurrentFormat = "mtrec-transitions/1";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Number of all rows.</summary>
    public long Rows => Shards.Sum(shard => (long)shard.Rows);

    /// <summary>Reads a folder's manifest.</summary>
    /// <exception cref="DataFormatException">There is none, or it is not valid.</exception>
    public static ShardManifest Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var manifest = JsonSerializer.Deserialize<ShardManifest>(File.ReadAllBytes(path), Json);
            if (manifest?.Format != CurrentFormat)
                throw new DataFormatException($"{path}: the format is '{manifest?.Format}', not '{CurrentFormat}'.");
            if (manifest.Shards.FirstOrDefault(shard => shard.Rows < 1 || Path.GetFileName(shard.File) != shard.File) is { } odd)
                throw new DataFormatException($"{path}: '{odd.File}' of {odd.Rows} rows is no shard of this folder.");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Writes the manifest: a reader sees it whole or not at all.</summary>
    public void Write(string folder)
    {
        var path = Path.Combine(folder, FileName);
        File.WriteAllBytes(path + ".tmp", JsonSerializer.SerializeToUtf8Bytes(this, Json));
        File.Move(path + ".tmp", path, overwrite: true);
    }
}

/// <summary>One file of whole sessions.</summary>
/// <param name="File">Its name in the folder.</param>
/// <param name="Rows">Its rows, 1 or more.</param>
/// <param name="Sha256">SHA-256 of its bytes, in lower-case hexadecimal.</param>
public sealed record Shard(string File, int Rows, string Sha256);
