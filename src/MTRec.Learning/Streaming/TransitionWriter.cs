using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Streaming;

/// <summary>
/// Writes logs to a folder as shards of whole sessions; <see cref="TransitionReader"/> reads them. The folder is readable once
/// <see cref="Complete"/> has written its manifest.
/// </summary>
/// <param name="folder">Made where it does not exist; must hold no other transitions.</param>
/// <param name="rowsPerShard">Rows after which a shard ends with the session, 1 or more. Memory grows with it.</param>
public sealed class TransitionWriter(string folder, int rowsPerShard = 65_536) : IDisposable
{
    private readonly List<Shard> _shards = [];
    private readonly List<FusionLog> _pending = [];
    private long _pendingRows;

    /// <summary>Takes a log; sessions are numbered within their shard.</summary>
    /// <param name="log">Whole sessions, rows of a session one after the other; copied.</param>
    /// <exception cref="ArgumentException">A row's next step is not the row below it.</exception>
    public void Append(FusionLog log)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsPerShard, 1);
        using var scope = NewDisposeScope();
        var next = log.Next.data<long>().ToArray();
        if (Enumerable.Range(0, next.Length).Any(row => next[row] != row + 1 && next[row] != -1) || next is [.., not -1])
            throw new ArgumentException("Rows of a session must follow each other, and the last must end one.", nameof(log));
        for (var begin = 0; begin < next.Length;)
        {
            var end = Math.Min(next.Length, begin + (int)(rowsPerShard - _pendingRows));
            end = Array.IndexOf(next, -1L, end - 1) + 1;
            _pending.Add(Rows(log, begin, end));
            _pendingRows += end - begin;
            begin = end;
            if (_pendingRows >= rowsPerShard)
                Flush();
        }
    }

    /// <summary>Writes what is left and the manifest.</summary>
    public ShardManifest Complete()
    {
        if (_pending.Count > 0)
            Flush();
        var manifest = new ShardManifest(ShardManifest.CurrentFormat, [.. _shards]);
        manifest.Write(folder);
        return manifest;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _pending.ForEach(log => log.Dispose());
        _pending.Clear();
    }

    private static FusionLog Rows(FusionLog log, int begin, int end)
    {
        using var scope = NewDisposeScope();
        var rows = log.Select(tensor => ReferenceEquals(tensor, log.LowerBound) || ReferenceEquals(tensor, log.UpperBound) ? tensor : tensor.narrow(0, begin, end - begin));
        return (rows with
        {
            Next = where(rows.Next.ge(0), rows.Next - begin, rows.Next),
            Session = rows.Session - rows.Session.min(),
        }).Select(tensor => tensor.clone().DetachFromDisposeScope());
    }

    private void Flush()
    {
        if (_shards.Count == 0)
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(Path.Combine(folder, ShardManifest.FileName)))
                throw new IOException($"{folder} holds transitions already.");
        }

        using var shard = FusionLog.Join(_pending);
        _shards.Add(ShardFile.Write(folder, $"{_shards.Count:D6}.safetensors", shard));
        Dispose();
        _pendingRows = 0;
    }
}
