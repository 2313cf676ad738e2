using MTRec.Learning.Algorithms.Td3;

namespace MTRec.Learning.Algorithms.Xmtf;

/// <summary>Hyper-parameters of xMTF; the weight of the monotonicity is published, the rest is ours.</summary>
public sealed record XmtfOptions
{
    /// <summary>Times that the outer stage is learned, with a transfer into the cells before each but the first; 1 or more.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Sessions that every outer stage learns from, 1 or more.</summary>
    public int Sessions { get; init; } = 2000;

    /// <summary>Deviation of the outer actions that are tried, per normalised dimension.</summary>
    public float Exploration { get; init; } = 0.5f;

    /// <summary>Largest |a_k|; to 0.5 the outer functions q (1 + a q) rise over all of (0, 1).</summary>
    public float Curvature { get; init; } = 0.5f;

    /// <summary>The outer stage's actor and critics; its updates are those of one round.</summary>
    public Td3Options Outer { get; init; } = new() { Discount = 0.9, Updates = 10_000, Hidden = [64, 64] };

    /// <summary>Units of a cell, 1 or more.</summary>
    public int Units { get; init; } = 8;

    /// <summary>Updates of a transfer.</summary>
    public int TransferUpdates { get; init; } = 2000;

    /// <summary>Pairs of candidates in a transfer's batch.</summary>
    public int TransferBatch { get; init; } = 512;

    /// <summary>Learning rate of a transfer.</summary>
    public double TransferRate { get; init; } = 3e-3;

    /// <summary>How much a transfer minds pairs that are nearly equal, see <see cref="Xmtf.TransferLoss"/>; above 0.</summary>
    public double Sharpness { get; init; } = 10;

    /// <summary>Weight of the monotonicity hinge.</summary>
    public double Monotonicity { get; init; } = 0.4;

    /// <summary>Seed of everything.</summary>
    public int Seed { get; init; } = 1;
}
