using MathNet.Numerics.Statistics;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What users did with one version's answers.</summary>
/// <param name="Exposures">Their number.</param>
/// <param name="Users">Who had them.</param>
/// <param name="Reward">Reward an exposure.</param>
/// <param name="Hate">Share that was objected to.</param>
/// <param name="Degraded">Share that was degraded.</param>
internal sealed record OnlineFigures(int Exposures, int Users, ClusteredMean Reward, ClusteredMean Hate, ClusteredMean Degraded)
{
    /// <summary>The figures of exposures.</summary>
    /// <param name="rows">The exposures.</param>
    /// <param name="reward">What one earned.</param>
    public static OnlineFigures Of(IReadOnlyList<WatchedExposure> rows, Func<WatchedExposure, double> reward) => new(
        rows.Count,
        rows.Select(row => row.User).Distinct(StringComparer.Ordinal).Count(),
        ClusteredMean.Of(rows, reward),
        ClusteredMean.Of(rows, row => row.IsHated ? 1 : 0),
        ClusteredMean.Of(rows, row => row.IsDegraded ? 1 : 0));

    /// <summary>The means with their 95 % intervals.</summary>
    /// <param name="version">Whose they are.</param>
    public IEnumerable<DecidedFigure> Means(string version)
    {
        foreach (var (name, mean) in new[] { ("reward", Reward), ("hate", Hate), ("degraded", Degraded) })
        {
            var half = double.IsFinite(mean.Variance) ? 1.96 * Math.Sqrt(mean.Variance) : (double?)null;
            yield return new DecidedFigure($"{name}.{version}", mean.Mean, mean.Mean - half, mean.Mean + half, Exposures, null);
        }
    }
}

/// <summary>One exposure and what came of it.</summary>
/// <param name="exposure">The exposure.</param>
internal sealed class WatchedExposure(ExposureEvent exposure)
{
    private readonly string[] _items = [.. exposure.Order.Select(place => exposure.ItemIds[place])];
    private readonly Dictionary<int, ItemResponse> _responses = [];

    /// <summary>Who had it.</summary>
    public string User => exposure.UserId;

    /// <summary>When.</summary>
    public DateTimeOffset Received => exposure.Received;

    /// <summary>Whether anything was missing behind it.</summary>
    public bool IsDegraded => exposure.Degraded.Length > 0;

    /// <summary>Whether the user objected to an item.</summary>
    public bool IsHated => _responses.Values.Any(response => (response.Actions & UserActions.Hate) != 0);

    /// <summary>Takes a response to one of the first <paramref name="list"/> items; to others it is none.</summary>
    public void Respond(FeedbackEvent feedback, int list)
    {
        var place = Array.IndexOf(_items, feedback.ItemId);
        if (place < 0 || place >= list)
            return;
        var response = new ItemResponse(UserReplay.ActionsOf(feedback), feedback.WatchSeconds ?? float.NaN);
        _responses[place] = _responses.TryGetValue(place, out var known) ? known.And(response) : response;
    }

    /// <summary>What it earned.</summary>
    public double Reward(MeasuredWindow measured) => _responses.Values.Sum(response =>
        (float.IsNaN(response.WatchSeconds) ? 0 : Math.Clamp(response.WatchSeconds, 0, BehaviourTask.MaxWatchSeconds) / measured.WatchScale)
        + TransitionRows.Behaviours.Zip(measured.Behaviours, (action, weight) => (response.Actions & action) != 0 ? weight : 0).Sum());
}

/// <summary>A mean over exposures whose error is by user.</summary>
/// <param name="Mean">The mean; 0 of none.</param>
/// <param name="Variance">Its variance; infinite where fewer than two users are there.</param>
internal readonly record struct ClusteredMean(double Mean, double Variance)
{
    /// <summary>The mean of a value of exposures.</summary>
    public static ClusteredMean Of(IReadOnlyList<WatchedExposure> rows, Func<WatchedExposure, double> value)
    {
        var users = rows.GroupBy(row => row.User, StringComparer.Ordinal).Select(user => (Sum: user.Sum(value), Count: user.Count())).ToArray();
        var mean = rows.Count == 0 ? 0 : users.Sum(user => user.Sum) / rows.Count;
        var squares = users.Sum(user => Math.Pow(user.Sum - (mean * user.Count), 2));
        return new ClusteredMean(mean, users.Length < 2 ? double.PositiveInfinity : squares / rows.Count / rows.Count * users.Length / (users.Length - 1.0));
    }
}

/// <summary>
/// Rewards less what the user's own past foretells: Y - theta (X - mean X) with theta = cov(Y, X) / var(X) (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013). X is the mean reward of the
/// user's exposures before; who has no past has the mean.
/// </summary>
internal sealed class PastAdjustment
{
    private readonly Func<WatchedExposure, double> _reward;
    private readonly Dictionary<string, double> _less = [];

    private PastAdjustment(Func<WatchedExposure, double> reward) => _reward = reward;

    /// <summary>Fits.</summary>
    /// <param name="past">Exposures before anything was different.</param>
    /// <param name="rows">Exposures to adjust.</param>
    /// <param name="reward">What one earned.</param>
    public static PastAdjustment Of(IReadOnlyList<WatchedExposure> past, IReadOnlyList<WatchedExposure> rows, Func<WatchedExposure, double> reward)
    {
        var adjustment = new PastAdjustment(reward);
        var means = past.GroupBy(row => row.User, StringComparer.Ordinal).ToDictionary(user => user.Key, user => user.Average(reward), StringComparer.Ordinal);
        var known = rows.Where(row => means.ContainsKey(row.User)).ToArray();
        var x = Array.ConvertAll(known, row => means[row.User]);
        var variance = ArrayStatistics.Variance(x);
        if (!(variance > 0))
            return adjustment;
        var (theta, mean) = (ArrayStatistics.Covariance(x, Array.ConvertAll(known, row => reward(row))) / variance, x.Average());
        foreach (var (user, value) in means)
            adjustment._less[user] = theta * (value - mean);
        return adjustment;
    }

    /// <summary>A row's reward, adjusted.</summary>
    public double Of(WatchedExposure row) => _reward(row) - _less.GetValueOrDefault(row.User);
}
