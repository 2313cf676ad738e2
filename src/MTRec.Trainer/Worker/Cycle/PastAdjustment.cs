namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// Rewards less what the user's own past foretells: Y - theta (X - mean X) with theta = cov(Y, X) / var(X) (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013). X is the mean reward of the
/// user's exposures before; who has no past has the mean.
/// </summary>
internal sealed class PastAdjustment
{
    private readonly Func<WatchedExposure, double> _reward;
    private readonly Dictionary<string, double> _less = [];

    private PastAdjustment(Func<WatchedExposure, double> reward) => _reward = reward;

    /// <summary>Fits; theta is that within the groups, for between them lies what is asked for.</summary>
    /// <param name="past">Exposures before anything was different.</param>
    /// <param name="groups">Exposures to adjust, by what they are compared by.</param>
    /// <param name="reward">What one earned.</param>
    public static PastAdjustment Of(IReadOnlyList<WatchedExposure> past, IReadOnlyList<WatchedExposure>[] groups, Func<WatchedExposure, double> reward)
    {
        var adjustment = new PastAdjustment(reward);
        var means = past.GroupBy(row => row.User, StringComparer.Ordinal).ToDictionary(user => user.Key, user => user.Average(reward), StringComparer.Ordinal);
        var known = groups.Select(group => group.Where(row => means.ContainsKey(row.User)).Select(row => (X: means[row.User], Y: reward(row))).ToArray()).Where(group => group.Length > 0).ToArray();
        var (covariance, variance) = (0.0, 0.0);
        foreach (var group in known)
        {
            var (x, y) = (group.Average(row => row.X), group.Average(row => row.Y));
            covariance += group.Sum(row => (row.X - x) * (row.Y - y));
            variance += group.Sum(row => (row.X - x) * (row.X - x));
        }

        if (!(variance > 0))
            return adjustment;
        var mean = known.SelectMany(group => group).Average(row => row.X);
        foreach (var (user, value) in means)
            adjustment._less[user] = covariance / variance * (value - mean);
        return adjustment;
    }

    /// <summary>A row's reward, adjusted.</summary>
    public double Of(WatchedExposure row) => _reward(row) - _less.GetValueOrDefault(row.User);
}
