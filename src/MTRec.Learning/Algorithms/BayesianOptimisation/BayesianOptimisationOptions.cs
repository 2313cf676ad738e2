namespace MTRec.Learning.Algorithms.BayesianOptimisation;

/// <summary>Settings of <see cref="BayesianOptimisation"/>; the papers give none, these are ours.</summary>
public sealed record BayesianOptimisationOptions
{
    /// <summary>Actions tried at random before the process is asked, 2 or more.</summary>
    public int Initial { get; init; } = 12;

    /// <summary>Actions tried by expected improvement, 0 or more.</summary>
    public int Rounds { get; init; } = 48;

    /// <summary>Points at which expected improvement is computed to find its highest, 1 or more.</summary>
    public int Proposals { get; init; } = 1000;

    /// <summary>Deviation of those half of the points that lie around the best action so far, above 0.</summary>
    public double LocalDeviation { get; init; } = 0.1;

    /// <summary>Sessions that every action is played in, 1 or more.</summary>
    public int Sessions { get; init; } = 1024;
}
