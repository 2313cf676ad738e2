namespace MTRec.Learning.Algorithms.CrossEntropy;

/// <summary>Settings of <see cref="CrossEntropy"/>; the papers give none, these are ours.</summary>
public sealed record CrossEntropyOptions
{
    /// <summary>Rounds, 1 or more.</summary>
    public int Rounds { get; init; } = 20;

    /// <summary>Actions tried a round, 2 or more.</summary>
    public int Population { get; init; } = 32;

    /// <summary>Share of them that the next round's distribution is fitted to, in (0, 1].</summary>
    public double EliteShare { get; init; } = 0.25;

    /// <summary>Sessions that every action is played in, 1 or more.</summary>
    public int Sessions { get; init; } = 256;

    /// <summary>Deviation of the first round, per normalised dimension, above 0.</summary>
    public double Deviation { get; init; } = 0.5;

    /// <summary>Deviation added to the elites' at the first round and falling to 0 at the last, against early collapse (Szita and Lorincz 2006).</summary>
    public double ExtraDeviation { get; init; } = 0.1;
}
