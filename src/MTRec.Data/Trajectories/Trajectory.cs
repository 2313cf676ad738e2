namespace MTRec.Data.Trajectories;

/// <summary>One user's consecutive impressions: the rows [<paramref name="Start"/>, <paramref name="End"/>) of a log.</summary>
/// <param name="User">The user's index.</param>
/// <param name="Start">The first row.</param>
/// <param name="End">The row after the last; above <paramref name="Start"/>.</param>
public readonly record struct Trajectory(int User, int Start, int End)
{
    /// <summary>Number of impressions, 1 or more.</summary>
    public int Length => End - Start;
}
