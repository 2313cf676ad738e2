using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>The parts that this process learns from, of every batch of a training: all of them, one after the other, or those that its rank has.</summary>
public sealed class BatchParts : IDisposable
{
    private readonly int _all;
    private readonly (int Part, Generator Chance)[] _own;

    internal BatchParts(World world, IEnumerable<int> own, int all, int seed)
    {
        (World, _all) = (world, all);
        _own = [.. own.Select(part => (part, new Generator(Seed(seed, part))))];
    }

    /// <summary>The ranks that learn from the other parts.</summary>
    public World World { get; }

    /// <summary>Whether other ranks learn from other parts.</summary>
    public bool IsShared => _own.Length < _all;

    /// <summary>This process's slices of a batch.</summary>
    /// <param name="rows">Rows of the whole batch, 1 or more.</param>
    public IReadOnlyList<BatchSlice> Of(long rows) => [.. _own.Select(own => new BatchSlice(rows, own.Part, _all, own.Chance))];

    /// <summary>What comes of each slice, by its own chance.</summary>
    /// <param name="slices">This process's.</param>
    /// <param name="make">Makes it of the slice at a place.</param>
    public static IReadOnlyList<T> Each<T>(IReadOnlyList<BatchSlice> slices, Func<int, T> make)
    {
        var all = new T[slices.Count];
        for (var i = 0; i < all.Length; i++)
        {
            using var entered = slices[i].Enter();
            all[i] = make(i);
        }

        return all;
    }

    /// <summary>The mean over a whole batch of what has these means over its slices.</summary>
    /// <param name="slices">This process's.</param>
    /// <param name="means">One a slice.</param>
    public double Mean(IReadOnlyList<BatchSlice> slices, IReadOnlyList<double> means)
    {
        Span<double> sum = [slices.Zip(means, (slice, mean) => mean * slice.Weight).Sum()];
        if (IsShared)
            World.Sum(sum);
        return sum[0];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (_, chance) in _own)
            chance.Dispose();
    }

    // Torch seeds by 32 bits. The factor keeps the parts of neighbouring seeds apart.
    private static ulong Seed(int seed, int part) => unchecked((uint)((seed * 1_000_003) + part));
}
