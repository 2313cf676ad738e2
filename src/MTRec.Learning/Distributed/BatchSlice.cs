using static TorchSharp.torch;

namespace MTRec.Learning.Distributed;

/// <summary>
/// A part of a batch: of n parts, part p has rows p, p + n, p + 2n ... Batches are sorted by length, so that ranks that took runs of rows would wait for
/// the one with the long ones. Every part has a chance of its own, wherever it is learned from.
/// </summary>
public sealed class BatchSlice
{
    [ThreadStatic]
    private static Generator? _current;

    private readonly int _first;
    private readonly int _parts;

    internal BatchSlice(long rows, int part, int parts, Generator chance)
    {
        (Rows, Chance, _parts) = (rows, chance, parts);

        // A part without a row of its own takes the first one for nothing: its rank must step as the others do.
        (_first, Weight) = part < rows ? (part, ((rows - part + parts - 1) / parts) / (double)rows) : (0, 0);
        Count = part < rows ? (rows - part + parts - 1) / parts : 1;
    }

    /// <summary>Rows of the whole batch.</summary>
    public long Rows { get; }

    /// <summary>Rows of this slice, 1 or more.</summary>
    public long Count { get; }

    /// <summary>Share of the whole batch that this slice is, in [0, 1]: means over slices with these weights add up to the mean over the batch.</summary>
    public double Weight { get; }

    /// <summary>What is drawn while the slice is learned from: dropout, noise.</summary>
    public Generator Chance { get; }

    /// <summary>The chance of the slice that is learned from on this thread; null, which is torch's own, where none was entered.</summary>
    internal static Generator? CurrentChance => _current;

    /// <summary>The slice's elements.</summary>
    /// <param name="whole">One a row of the whole batch.</param>
    public int[] Of(int[] whole)
    {
        var own = new int[Count];
        for (var i = 0; i < own.Length; i++)
            own[i] = whole[_first + (i * _parts)];
        return own;
    }

    /// <summary>The slice's rows.</summary>
    /// <param name="whole">Rows of the whole batch along the first axis.</param>
    public Tensor Of(Tensor whole) => whole.slice(0, _first, Math.Min(Rows, _first + ((Count - 1) * _parts) + 1), _parts);

    /// <summary>Makes this the thread's current slice, for networks that draw by chance.</summary>
    internal Entered Enter()
    {
        var before = _current;
        _current = Chance;
        return new Entered(before);
    }

    /// <summary>Leaves the slice when it is disposed of.</summary>
    internal readonly struct Entered : IDisposable
    {
        private readonly Generator? _before;

        internal Entered(Generator? before) => _before = before;

        /// <inheritdoc/>
        public void Dispose() => _current = _before;
    }
}
