using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>One exposure and what came of it.</summary>
/// <param name="exposure">The exposure.</param>
/// <param name="list">Items of it that the user saw.</param>
internal sealed class WatchedExposure(ExposureEvent exposure, int list)
{
    private readonly string[] _items = [.. exposure.Order.Take(list).Select(place => exposure.ItemIds[place])];
    private readonly Dictionary<int, ItemResponse> _responses = [];

    /// <summary>Who had it.</summary>
    public string User { get; } = exposure.UserId;

    /// <summary>When.</summary>
    public DateTimeOffset Received { get; } = exposure.Received;

    /// <summary>What ranked it, as name/version.</summary>
    public string Bundle { get; } = exposure.Bundle;

    /// <summary>Whether anything was missing behind it.</summary>
    public bool IsDegraded { get; } = exposure.Degraded.Length > 0;

    /// <summary>Whether the user objected to an item.</summary>
    public bool IsHated => _responses.Values.Any(response => (response.Actions & UserActions.Hate) != 0);

    /// <summary>Takes a response to one of the items that were seen; to others it is none.</summary>
    public void Respond(FeedbackEvent feedback)
    {
        var place = Array.IndexOf(_items, feedback.ItemId);
        if (place < 0)
            return;
        var response = new ItemResponse(UserReplay.ActionsOf(feedback), feedback.WatchSeconds ?? float.NaN);
        _responses[place] = _responses.TryGetValue(place, out var known) ? known.And(response) : response;
    }

    /// <summary>What it earned.</summary>
    public double Reward(MeasuredWindow measured) => _responses.Values.Sum(response =>
        (float.IsNaN(response.WatchSeconds) ? 0 : Math.Clamp(response.WatchSeconds, 0, BehaviourTask.MaxWatchSeconds) / measured.WatchScale)
        + TransitionRows.Behaviours.Zip(measured.Behaviours, (action, weight) => (response.Actions & action) != 0 ? weight : 0).Sum());
}

/// <summary>A new version beside the one before it, in one figure.</summary>
/// <param name="Name">The figure.</param>
/// <param name="Own">The new version's mean.</param>
/// <param name="Previous">The mean that it is held against.</param>
/// <param name="Difference">Own less previous, less what changed for a control meanwhile where that is how they are compared.</param>
internal sealed record SwapDifference(string Name, ClusteredMean Own, ClusteredMean Previous, ClusteredMean Difference);

/// <summary>A new version's exposures beside those of the version before it.</summary>
/// <remarks>
/// Days differ, and users with them. Where an experiment keeps the previous version, or else the last that is proven, for some users, the two are compared over the same hours, and rewards are adjusted by
/// each user's own past (<see cref="PastAdjustment"/>). Where it keeps others for some users, what changed for those since the day before is taken off what changed here (difference in differences). Without either the
/// new version is held against the last day of the one before.
/// </remarks>
/// <param name="Exposures">Exposures of the new version.</param>
/// <param name="PreviousExposures">Those that they are held against.</param>
/// <param name="ControlUsers">Users of the control; null where there is none.</param>
/// <param name="How">How they are compared, in words.</param>
/// <param name="Differences">The figures: <c>reward</c>, <c>hate</c> and <c>degraded</c> an exposure.</param>
internal sealed record SwapComparison(int Exposures, int PreviousExposures, int? ControlUsers, string How, IReadOnlyList<SwapDifference> Differences)
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Users of other versions are a control from this share of the new one's exposures on, in its later half: fewer are replicas that swapped late.
    private const double LeastControl = 0.05;

    /// <summary>Compares.</summary>
    /// <param name="own">Exposures of the new version.</param>
    /// <param name="others">Those of all other versions.</param>
    /// <param name="previous">The version before, as name/version.</param>
    /// <param name="proven">The last that is proven; the same where the version before is.</param>
    /// <param name="reward">What an exposure earned.</param>
    public static SwapComparison Of(
        IReadOnlyList<WatchedExposure> own, IReadOnlyList<WatchedExposure> others, string previous, string proven, Func<WatchedExposure, double> reward)
    {
        var users = UsersOf(own);
        var (swap, middle) = own.Count == 0 ? (DateTimeOffset.MaxValue, DateTimeOffset.MaxValue)
            : (own.Min(row => row.Received), own.OrderBy(row => row.Received).ElementAt(own.Count / 2).Received);
        var meanwhile = others.Where(row => row.Received >= swap && !users.Contains(row.User)).ToArray();
        foreach (var reference in new[] { previous, proven }.Distinct())
        {
            var stayed = meanwhile.Where(row => row.Bundle == reference).ToArray();
            if (!IsControl(stayed))
                continue;
            var adjusted = PastAdjustment.Of([.. others.Where(row => row.Received < swap)], [own, stayed], reward);
            var control = UsersOf(stayed).Count;
            return Compare(own, stayed, control, $"beside {control} users of {reference}", adjusted.Of, (now, then) => now.Less(then));
        }

        var last = others.Where(row => row.Bundle == previous).Select(row => row.Received).DefaultIfEmpty().Max();
        if (IsControl(meanwhile))
        {
            var control = UsersOf(meanwhile);
            var dayBefore = others.Where(row => row.Received < swap && row.Received >= swap - Day).ToLookup(row => control.Contains(row.User));
            var before = dayBefore[false].Where(row => row.Bundle == previous).ToArray();
            if (before.Length > 0 && dayBefore[true].Any())
                return DifferenceInDifferences(own, before, meanwhile, [.. dayBefore[true]], $"after the last day of {previous}, less what changed for {control.Count} users of other versions", reward);
        }

        return Compare(
            own, [.. others.Where(row => row.Bundle == previous && row.Received >= last - Day)], null, $"after the last day of {previous}", reward, (now, then) => now.Less(then));

        bool IsControl(WatchedExposure[] rows) => own.Count > 0 && rows.Count(row => row.Received >= middle) >= LeastControl * own.Count;
    }

    private static SwapComparison DifferenceInDifferences(
        IReadOnlyList<WatchedExposure> own, WatchedExposure[] before, WatchedExposure[] control, WatchedExposure[] controlBefore, string how, Func<WatchedExposure, double> reward)
    {
        var compared = Compare(own, before, UsersOf(control).Count, how, reward, (now, then) => now.Since(then));
        var changed = Compare(control, controlBefore, null, how, reward, (now, then) => now.Since(then));
        return compared with { Differences = [.. compared.Differences.Zip(changed.Differences, (here, there) => here with { Difference = here.Difference.Less(there.Difference) })] };
    }

    private static SwapComparison Compare(
        IReadOnlyList<WatchedExposure> own, WatchedExposure[] previous, int? controlUsers, string how, Func<WatchedExposure, double> reward, Func<UserMean, UserMean, ClusteredMean> difference)
    {
        return new SwapComparison(own.Count, previous.Length, controlUsers, how, [Of("reward", reward), Of("hate", row => row.IsHated ? 1 : 0), Of("degraded", row => row.IsDegraded ? 1 : 0)]);

        SwapDifference Of(string name, Func<WatchedExposure, double> value)
        {
            var (now, then) = (UserMean.Of(own, value), UserMean.Of(previous, value));
            return new SwapDifference(name, now.Mean, then.Mean, difference(now, then));
        }
    }

    private static HashSet<string> UsersOf(IEnumerable<WatchedExposure> rows) => rows.Select(row => row.User).ToHashSet(StringComparer.Ordinal);
}
