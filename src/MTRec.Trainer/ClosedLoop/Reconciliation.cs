using System.Globalization;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>
/// Two accounts of one run held against each other: what the simulation asked and was answered, call by call, and what the worker read and learned from. Neither
/// knows of the other's: the simulation's stands in memory that no service shares, the worker's is made of the event log.
/// </summary>
/// <remarks>
/// An exposure that was written by a replica which died before it answered is in the log; its caller asked again, so that it is there twice, or gave up. So
/// <c>received = answered - not written + written but never answered + duplicates + damaged + out of the window + forgotten + lost</c>, and
/// <c>answered - not written + written but never answered = learned from + dropped for the other reasons</c>. Not written may only be what an answer said it might be.
/// </remarks>
internal sealed class Reconciliation
{
    private static readonly string[] OutsideOfWindow =
        [TransitionCounts.Duplicate, TransitionCounts.Damaged, TransitionCounts.OutOfWindow, TransitionCounts.Forgotten, TransitionCounts.Lost];

    private readonly List<string> _lines = [];
    private readonly List<string> _faults = [];

    /// <summary>Holds the accounts against each other.</summary>
    /// <param name="calls">The simulation's calls.</param>
    /// <param name="counts">The simulation's counts.</param>
    /// <param name="worker">The worker's counts.</param>
    /// <param name="events">The events of the worker's window, each once.</param>
    public Reconciliation(IReadOnlyList<LoopCall> calls, LoopCounts counts, CountsFile worker, IEnumerable<LoggedEvent> events)
    {
        var byId = calls.ToDictionary(call => call.RequestId, StringComparer.Ordinal);
        var (seen, feedback) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var entry in events)
        {
            if (entry is ExposureEvent exposure)
                seen.Add(exposure.RequestId);
            else if (entry is FeedbackEvent { RequestId: { } request })
                feedback[request] = feedback.GetValueOrDefault(request) + 1;
        }

        Check(counts.AddUp, "the simulation's own counts do not add up");
        Check(calls.Count == counts.RankCalls && calls.LongCount(call => call.Answered) == counts.RankAnswered, "the simulation's calls are not those that it counted");
        Check(worker is { Missed: 0, Damaged: 0 }, Text($"the worker missed {worker.Missed} entries of the log, and {worker.Damaged} were damaged"));
        Exposures(byId, seen, counts, worker.Exposures);
        Feedback(byId, feedback, worker.Feedback);
    }

    /// <summary>The accounts, for people.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>What does not add up; none where all does.</summary>
    public IReadOnlyList<string> Faults => _faults;

    private void Exposures(Dictionary<string, LoopCall> calls, HashSet<string> seen, LoopCounts counts, EventFates fates)
    {
        var answered = calls.Values.Where(call => call.Answered).ToArray();
        var absent = answered.Where(call => !seen.Contains(call.RequestId)).ToArray();
        var unsaid = absent.Count(call => !call.Unwritten);
        long unanswered = seen.Count(request => calls.TryGetValue(request, out var call) && !call.Answered);
        var strangers = seen.Count(request => !calls.ContainsKey(request));
        var (doubles, others) = (Dropped(fates, TransitionCounts.Duplicate), OutsideOfWindow.Skip(1).Sum(reason => Dropped(fates, reason)));
        var dropped = fates.Dropped.Where(reason => !OutsideOfWindow.Contains(reason.Key) && reason.Value > 0).ToArray();
        var here = answered.Length - absent.Length + unanswered;

        _lines.Add(Text($"exposures answered {answered.Length} - not written {absent.Length} + written but never answered {unanswered} = learned from {fates.Learned}{Sum(dropped)}"));
        _lines.Add(Text($"exposures received {fates.Received} = {here} of these + duplicate {doubles}{Sum(fates.Dropped.Where(reason => OutsideOfWindow.Skip(1).Contains(reason.Key) && reason.Value > 0))}; calls made again {counts.Retries}"));
        Check(here == fates.Learned + dropped.Sum(reason => reason.Value), "the exposures answered are not those learned from and dropped");
        Check(fates.Received == here + doubles + others, "the exposures received are not those answered and the doubles of calls made again");
        Check(unsaid == 0, Text($"{unsaid} answered exposures are nowhere, though the answers said nothing of it"));
        Check(strangers == 0, Text($"{strangers} exposures in the log were never asked for"));
        Check(doubles <= counts.Retries, Text($"{doubles} exposures stand twice, but only {counts.Retries} calls were made again"));
    }

    private void Feedback(Dictionary<string, LoopCall> calls, Dictionary<string, int> seen, EventFates fates)
    {
        var (taken, there) = (calls.Values.Sum(call => (long)call.FeedbackTaken), seen.Values.Sum(count => (long)count));
        long absent = calls.Values.Sum(call => Math.Max(0, call.FeedbackTaken - seen.GetValueOrDefault(call.RequestId)));
        long unanswered = calls.Values.Sum(call => Math.Max(0, seen.GetValueOrDefault(call.RequestId) - call.FeedbackTaken));
        var strangers = seen.Count(request => !calls.TryGetValue(request.Key, out var call) || request.Value > call.FeedbackSent);
        var outside = fates.Dropped.Where(reason => reason.Key.StartsWith(TransitionCounts.Duplicate, StringComparison.Ordinal) || OutsideOfWindow.Contains(reason.Key)).ToArray();
        var dropped = fates.Dropped.Except(outside).Where(reason => reason.Value > 0).ToArray();

        _lines.Add(Text($"feedback acknowledged {taken} - not written {absent} + written but never acknowledged {unanswered} = learned from {fates.Learned}{Sum(dropped)}"));
        _lines.Add(Text($"feedback received {fates.Received} = {there} of these{Sum(outside.Where(reason => reason.Value > 0))}"));
        Check(taken - absent + unanswered == fates.Learned + dropped.Sum(reason => reason.Value), "the feedback acknowledged is not that learned from and dropped");
        Check(fates.Received == there + outside.Sum(reason => reason.Value), "the feedback received is not that acknowledged and its doubles");
        Check(absent == 0, Text($"{absent} acknowledged responses are nowhere"));
        Check(strangers == 0, Text($"responses to {strangers} calls were never sent"));
    }

    private static long Dropped(EventFates fates, string reason) => fates.Dropped.GetValueOrDefault(reason);

    private static string Sum(IEnumerable<KeyValuePair<string, long>> reasons) => string.Concat(reasons.Select(reason => Text($" + {reason.Key} {reason.Value}")));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Check(bool holds, string fault)
    {
        if (!holds)
            _faults.Add(fault);
    }
}
