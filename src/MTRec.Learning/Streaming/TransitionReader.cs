using MTRec.Data;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Streaming;

/// <summary>Where a stream is: the pass over the data and the shards of that pass that were read before.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Shards">Shards behind the position, 0 or more.</param>
public readonly record struct StreamPosition(int Epoch, int Shards);

/// <summary>
/// Minibatches of a folder of transitions that need not fit into memory. Every pass takes the shards in a new order, a window of them at a
/// time, and gives the window's rows in a random order: each row once a pass. Memory holds two windows at most, however many rows there are.
/// </summary>
/// <param name="folder">What <see cref="TransitionWriter"/> wrote.</param>
/// <param name="batchSize">Rows a batch, 1 or more; a window's last batch may have fewer.</param>
/// <param name="seed">Decides all orders.</param>
/// <param name="window">Shards that are shuffled together, 1 or more.</param>
/// <exception cref="DataFormatException">The manifest is absent or not valid.</exception>
public sealed class TransitionReader(string folder, int batchSize, int seed, int window = 8)
{
    /// <summary>What the folder holds.</summary>
    public ShardManifest Manifest { get; } = ShardManifest.Read(folder);

    /// <summary>
    /// Where to continue from, should reading stop now: the begin of the window that is being read, whose rows then come again, all of them and
    /// in the same order.
    /// </summary>
    public StreamPosition Position { get; private set; }

    /// <summary>One pass.</summary>
    /// <param name="epoch">The pass, from 0.</param>
    /// <returns>Batches; each belongs to the dispose scope that is current when it is drawn.</returns>
    /// <exception cref="DataFormatException">A shard is absent or not the one that was written.</exception>
    public IEnumerable<TransitionBatch> Read(int epoch = 0) => Read(new StreamPosition(epoch, 0));

    /// <summary>The rest of a pass from a <see cref="Position"/> of a stream with the same folder, seed and window.</summary>
    /// <inheritdoc cref="Read(int)"/>
    public IEnumerable<TransitionBatch> Read(StreamPosition start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        foreach (var log in Windows(start))
        {
            var rows = new long[log.Count];
            for (var row = 0; row < rows.Length; row++)
                rows[row] = row;
            new Random(Mixed(seed, start.Epoch, Position.Shards)).Shuffle(rows);
            for (var first = 0; first < rows.Length; first += batchSize)
                yield return TransitionBatch.Of(log, tensor(rows[first..Math.Min(first + batchSize, rows.Length)]));
        }
    }

    /// <summary>The windows themselves, for learners that draw from a log: each is disposed of when the next is asked for.</summary>
    /// <inheritdoc cref="Read(StreamPosition)"/>
    public IEnumerable<FusionLog> Windows(StreamPosition start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 1);
        var order = Manifest.Shards.ToArray();
        new Random(Mixed(seed, start.Epoch, -1)).Shuffle(order);
        var buffer = Array.Empty<byte>();
        for (var begin = start.Shards; begin < order.Length; begin += window)
        {
            Position = start with { Shards = begin };
            using var log = Load(order.AsSpan(begin, Math.Min(window, order.Length - begin)), ref buffer);
            yield return log;
        }

        Position = new StreamPosition(start.Epoch + 1, 0);
    }

    private FusionLog Load(ReadOnlySpan<Shard> shards, ref byte[] buffer)
    {
        var parts = new List<FusionLog>(shards.Length);
        try
        {
            foreach (var shard in shards)
                parts.Add(ShardFile.Read(folder, shard, ref buffer));
            return FusionLog.Join(parts);
        }
        finally
        {
            parts.ForEach(part => part.Dispose());
        }
    }

    // System.HashCode is seeded anew in every process.
    private static int Mixed(int seed, int epoch, int place) => unchecked((((seed * 486_187_739) + epoch) * 486_187_739) + place);
}
