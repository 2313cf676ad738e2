using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// A rank's part of a batch: of n ranks, rank r has rows r, r + n, r + 2n ... Batches are sorted by length, so that ranks that took runs of rows would
/// wait for the one with the long ones. Chance within a step (dropout, noise) is drawn for the whole batch on every rank and sliced, so that the
/// ranks together see what one process would.
/// </summary>
public sealed class BatchSlice
{
    [ThreadStatic]
    private static BatchSlice? _current;

    internal BatchSlice(World world, long rows, int rank, int ranks)
    {
        World = world;
        Rows = rows;
        Ranks = ranks;

        // A rank without a row of its own takes the first one for nothing: it must draw and sum as the others do.
        (First, Weight) = rank < rows ? (rank, ((rows - rank + ranks - 1) / ranks) / (double)rows) : (0, 0);
        Count = rank < rows ? (rows - rank + ranks - 1) / ranks : 1;
    }

    /// <summary>The ranks.</summary>
    public World World { get; }

    /// <summary>Rows of the whole batch.</summary>
    public long Rows { get; }

    /// <summary>Rows of this slice, 1 or more.</summary>
    public long Count { get; }

    /// <summary>Share of the whole batch that this slice is, in [0, 1]: means over slices with these weights add up to the mean over the batch.</summary>
    public double Weight { get; }

    /// <summary>Whether this is the whole batch.</summary>
    public bool IsWhole => Ranks == 1;

    /// <summary>The slice that is learned from on this thread; a whole batch where nothing was entered.</summary>
    internal static BatchSlice? Current => _current is { IsWhole: false } slice ? slice : null;

    private int Ranks { get; }

    private int First { get; }

    /// <summary>The slice's elements.</summary>
    /// <param name="whole">One a row of the whole batch.</param>
    public int[] Of(int[] whole)
    {
        if (IsWhole)
            return whole;
        var own = new int[Count];
        for (var i = 0; i < own.Length; i++)
            own[i] = whole[First + (i * Ranks)];
        return own;
    }

    /// <summary>The slice's rows.</summary>
    /// <param name="whole">Rows of the whole batch along <paramref name="axis"/>, or the same number of them for each, one row's after the other's.</param>
    /// <param name="axis">The rows' axis.</param>
    public Tensor Of(Tensor whole, int axis = 0)
    {
        if (IsWhole)
            return whole;
        var shape = whole.shape;
        var each = shape[axis] / Rows;
        var own = whole.reshape([.. shape[..axis], Rows, each, .. shape[(axis + 1)..]]).slice(axis, First, Math.Min(Rows, First + ((Count - 1) * Ranks) + 1), Ranks);
        return own.reshape([.. shape[..axis], Count * each, .. shape[(axis + 1)..]]);
    }

    /// <summary>Draws for the whole batch and takes the slice's part.</summary>
    /// <param name="shape">Shape of the part.</param>
    /// <param name="draw">Draws numbers of a shape.</param>
    /// <param name="axis">The rows' axis.</param>
    public Tensor Draw(long[] shape, Func<long[], Tensor> draw, int axis = 0) =>
        IsWhole ? draw(shape) : Of(draw([.. shape[..axis], shape[axis] / Count * Rows, .. shape[(axis + 1)..]]), axis);

    /// <summary>The mean over the whole batch of what has this mean over the slice.</summary>
    public double Mean(double ofSlice)
    {
        if (IsWhole)
            return ofSlice;
        Span<double> sum = [ofSlice * Weight];
        World.Sum(sum);
        return sum[0];
    }

    /// <summary>The largest of all slices' values.</summary>
    public long Max(long ofSlice) => IsWhole ? ofSlice : (long)World.Max(ofSlice);

    /// <summary>Makes this the thread's current slice, for networks that draw by chance.</summary>
    public Entered Enter()
    {
        var before = _current;
        _current = this;
        return new Entered(before);
    }

    /// <summary>Leaves the slice when it is disposed of.</summary>
    public readonly struct Entered : IDisposable
    {
        private readonly BatchSlice? _before;

        internal Entered(BatchSlice? before) => _before = before;

        /// <inheritdoc/>
        public void Dispose() => _current = _before;
    }
}
