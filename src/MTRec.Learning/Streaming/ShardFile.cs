using System.Globalization;
using System.Security.Cryptography;
using MTRec.Core.Safetensors;
using MTRec.Data;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Streaming;

/// <summary>
/// One shard: a <see cref="FusionLog"/> of whole sessions as a safetensors file, which any safetensors library opens. Every tensor's first
/// axis are the rows but for the bounds; <c>next</c> counts from the shard's own first row.
/// </summary>
internal static class ShardFile
{
    private static readonly (string Name, Func<FusionLog, Tensor> Of)[] FloatColumns =
    [
        ("state", log => log.State),
        ("items", log => log.Items),
        ("task_scores", log => log.TaskScores),
        ("action", log => log.Action),
        ("baseline", log => log.Baseline),
        ("log_density", log => log.LogDensity),
        ("rewards", log => log.Rewards),
        ("item_rewards", log => log.ItemRewards),
        ("responses", log => log.Responses),
        ("lower_bound", log => log.LowerBound),
        ("upper_bound", log => log.UpperBound),
    ];

    private static readonly (string Name, Func<FusionLog, Tensor> Of)[] IntegerColumns =
        [("next", log => log.Next), ("session", log => log.Session), ("step", log => log.Step)];

    private static readonly (string Name, Func<PassedOver, Tensor> Of)[] PassedOverColumns =
    [
        ("passed_over_items", passed => passed.Items),
        ("passed_over_task_scores", passed => passed.TaskScores),
        ("passed_over_baseline", passed => passed.Baseline),
    ];

    private const string PassedOverWeight = "passed_over_weight";

    /// <summary>Writes a shard.</summary>
    public static Shard Write(string folder, string name, FusionLog log)
    {
        using var scope = NewDisposeScope();
        var writer = new SafetensorsWriter();
        writer.AddMetadata("format", ShardManifest.CurrentFormat);
        foreach (var (column, of) in FloatColumns)
            writer.Add<float>(column, of(log).Floats(), of(log).shape);
        foreach (var (column, of) in IntegerColumns)
            writer.Add<long>(column, of(log).Longs(), of(log).shape);
        if (log.PassedOver is { } passed)
        {
            writer.AddMetadata(PassedOverWeight, passed.Weight.ToString("R", CultureInfo.InvariantCulture));
            foreach (var (column, of) in PassedOverColumns)
                writer.Add<float>(column, of(passed).Floats(), of(passed).shape);
        }

        var path = Path.Combine(folder, name);
        using var file = File.Create(path, bufferSize: 1 << 20);
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write))
            writer.Write(hashed);
        return new Shard(name, (int)log.Count, Convert.ToHexStringLower(hash.Hash!));
    }

    /// <summary>Reads a shard; the caller disposes of it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="shard">What its manifest says of it.</param>
    /// <param name="buffer">Takes the file's bytes; grows where it is too small, for the next shard to use again.</param>
    /// <exception cref="DataFormatException">The file is absent, not the one that was written, or its columns do not fit each other.</exception>
    public static FusionLog Read(string folder, Shard shard, ref byte[] buffer)
    {
        var path = Path.Combine(folder, shard.File);
        try
        {
            var bytes = ReadWhole(path, ref buffer);
            if (Convert.ToHexStringLower(SHA256.HashData(bytes.Span)) != shard.Sha256)
                throw new DataFormatException($"{path}: the bytes are not those that were written; their checksum differs from the manifest's.");
            return Log(SafetensorsFile.Parse(bytes), path, shard.Rows);
        }
        catch (Exception e) when (e is SafetensorsException or IOException)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }

    private static ReadOnlyMemory<byte> ReadWhole(string path, ref byte[] buffer)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        var length = checked((int)file.Length);
        if (buffer.Length < length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        file.ReadExactly(buffer, 0, length);
        return buffer.AsMemory(0, length);
    }

    private static FusionLog Log(SafetensorsFile file, string path, int rows)
    {
        using var scope = NewDisposeScope();
        var columns = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, _) in FloatColumns)
            columns[name] = Copy<float>(file[name], ScalarType.Float32);
        foreach (var (name, _) in IntegerColumns)
            columns[name] = Copy<long>(file[name], ScalarType.Int64);
        var weight = file.Metadata.GetValueOrDefault(PassedOverWeight);
        foreach (var (name, _) in weight is null ? [] : PassedOverColumns)
            columns[name] = Copy<float>(file[name], ScalarType.Float32);
        foreach (var (name, column) in columns)
        {
            if (!name.EndsWith("_bound", StringComparison.Ordinal) && (column.Dimensions == 0 || column.shape[0] != rows))
                throw new DataFormatException($"{path}: '{name}' has not the {rows} rows of the manifest.");
        }

        if (columns["next"].Dimensions != 1 || columns["next"].max().item<long>() >= rows)
            throw new DataFormatException($"{path}: 'next' leads out of the shard.");
        var log = new FusionLog
        {
            State = columns["state"],
            Items = columns["items"],
            TaskScores = columns["task_scores"],
            Action = columns["action"],
            Baseline = columns["baseline"],
            LogDensity = columns["log_density"],
            Rewards = columns["rewards"],
            ItemRewards = columns["item_rewards"],
            Responses = columns["responses"],
            Next = columns["next"],
            Session = columns["session"],
            Step = columns["step"],
            LowerBound = columns["lower_bound"],
            UpperBound = columns["upper_bound"],
            PassedOver = weight is null ? null : new PassedOver(
                columns["passed_over_items"], columns["passed_over_task_scores"], columns["passed_over_baseline"],
                double.Parse(weight, CultureInfo.InvariantCulture)),
        };
        return log.Select(tensor => tensor.DetachFromDisposeScope());
    }

    private static Tensor Copy<T>(SafetensorsTensor column, ScalarType type)
        where T : unmanaged
    {
        column.Values<T>();
        var copy = empty([.. column.Shape], type);
        column.Bytes.CopyTo(copy.bytes);
        return copy;
    }
}
