namespace MTRec.Trainer.Worker.Cycle;

/// <summary>A mean whose error is by user.</summary>
/// <param name="Mean">The mean.</param>
/// <param name="Variance">Its variance; infinite where fewer than two users are there.</param>
internal readonly record struct ClusteredMean(double Mean, double Variance)
{
    /// <summary>The difference to the mean of other users.</summary>
    public ClusteredMean Less(ClusteredMean other) => new(Mean - other.Mean, Variance + other.Variance);
}

/// <summary>A mean over exposures, and by how much each user moves it: a ratio's linearisation, so that exposures of one user may depend on each other.</summary>
internal sealed class UserMean
{
    private readonly Dictionary<string, double> _influences;

    private UserMean(double mean, Dictionary<string, double> influences) => (_influences, Mean) = (influences, new ClusteredMean(mean, Variance([.. influences.Values])));

    /// <summary>The mean; 0 of nothing.</summary>
    public ClusteredMean Mean { get; }

    /// <summary>The mean of a value of exposures.</summary>
    public static UserMean Of(IReadOnlyList<WatchedExposure> rows, Func<WatchedExposure, double> value)
    {
        var mean = rows.Count == 0 ? 0 : rows.Average(value);
        return new UserMean(mean, rows.GroupBy(row => row.User, StringComparer.Ordinal)
            .ToDictionary(user => user.Key, user => user.Sum(row => value(row) - mean) / rows.Count, StringComparer.Ordinal));
    }

    /// <summary>The difference to a mean of other users.</summary>
    public ClusteredMean Less(UserMean other) => Mean.Less(other.Mean);

    /// <summary>The difference to an earlier mean, of whose users some are the same: what they share is no error of it.</summary>
    public ClusteredMean Since(UserMean earlier) => new(
        Mean.Mean - earlier.Mean.Mean,
        Variance([.. _influences.Keys.Union(earlier._influences.Keys).Select(user => _influences.GetValueOrDefault(user) - earlier._influences.GetValueOrDefault(user))]));

    private static double Variance(double[] influences) =>
        influences.Length < 2 ? double.PositiveInfinity : influences.Sum(influence => influence * influence) * influences.Length / (influences.Length - 1.0);
}
