using MTRec.Core.Experiments;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>
/// Rewards less what the user's own past foretells (<see cref="Cuped"/>). X is the mean reward of the user's exposures before; who has no past has the mean.
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
        var known = groups.Select(group => group.Where(row => means.ContainsKey(row.User)).Select(row => (X: means[row.User], Y: reward(row))).ToArray()).ToArray();
        var theta = Cuped.Theta(known.Select(group => (Array.ConvertAll(group, row => row.Y), Array.ConvertAll(group, row => row.X))));
        if (theta == 0)
            return adjustment;
        var mean = known.SelectMany(group => group).Average(row => row.X);
        foreach (var (user, value) in means)
            adjustment._less[user] = theta * (value - mean);
        return adjustment;
    }

    /// <summary>A row's reward, adjusted.</summary>
    public double Of(WatchedExposure row) => _reward(row) - _less.GetValueOrDefault(row.User);
}
