using MTRec.Core.Events;
using MTRec.Trainer.ClosedLoop;
using MTRec.Trainer.Tests.Worker;
using MTRec.Trainer.Worker.Transitions;
using Xunit;

namespace MTRec.Trainer.Tests.ClosedLoop;

/// <summary>The users' account and the worker's: what adds up, and what does not.</summary>
public sealed class ReconciliationTests
{
    private const int Calls = 6;

    private readonly List<LoopCall> _calls = [.. Enumerable.Range(0, Calls).Select(i => new LoopCall($"r-{i}", true, false, 1, 1))];
    private readonly List<LoggedEvent> _events = [.. Enumerable.Range(0, Calls).SelectMany(i => new LoggedEvent[] { Shown($"r-{i}"), Fed($"r-{i}") })];

    [Fact]
    public void All_that_was_answered_is_learned_from_or_dropped()
    {
        var reconciliation = Of(Fates(Calls, 4, ("not by the policy", 1), ("waiting", 1)), Fates(Calls, 4, ("of exposures not learned from", 2)));

        Assert.Empty(reconciliation.Faults);
        Assert.Equal("exposures answered 6 - not written 0 + written but never answered 0 = learned from 4 + not by the policy 1 + waiting 1", reconciliation.Lines[0]);
        Assert.Equal("exposures received 6 = 6 of these + duplicate 0; calls made again 0", reconciliation.Lines[1]);
    }

    [Fact]
    public void A_call_made_again_after_its_replica_died_stands_twice_or_was_never_answered()
    {
        _calls[5] = new LoopCall("r-5", false, false, 0, 0);
        _events.RemoveAt((2 * Calls) - 1);

        var reconciliation = Of(Fates(Calls + 2, Calls, ("duplicate", 2)), Fates(Calls, Calls - 1, ("duplicate or damaged", 1)), retries: 2);

        Assert.Empty(reconciliation.Faults);
        Assert.Equal("exposures answered 5 - not written 0 + written but never answered 1 = learned from 6", reconciliation.Lines[0]);
        Assert.Equal("exposures received 8 = 6 of these + duplicate 2; calls made again 2", reconciliation.Lines[1]);
    }

    [Fact]
    public void An_answered_exposure_that_is_nowhere_is_a_fault_unless_its_answer_said_so()
    {
        _events.RemoveAll(entry => entry is ExposureEvent { RequestId: "r-3" });
        var (shown, fed) = (Fates(Calls - 1, Calls - 1), Fates(Calls, Calls - 1, ("of no exposure", 1)));
        Assert.Contains(Of(shown, fed).Faults, fault => fault.Contains("1 answered exposures are nowhere", StringComparison.Ordinal));

        _calls[3] = _calls[3] with { Unwritten = true };
        var said = Of(shown, fed);
        Assert.Empty(said.Faults);
        Assert.StartsWith("exposures answered 6 - not written 1 + written but never answered 0 = learned from 5", said.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void An_acknowledged_response_that_is_nowhere_is_a_fault()
    {
        _events.RemoveAll(entry => entry is FeedbackEvent { RequestId: "r-3" });

        Assert.Equal(["1 acknowledged responses are nowhere"], Of(Fates(Calls, Calls), Fates(Calls - 1, Calls - 1)).Faults);
    }

    [Fact]
    public void What_was_never_asked_for_and_what_the_worker_miscounts_are_faults()
    {
        _events.Add(Shown("r-99"));
        Assert.Contains("1 exposures in the log were never asked for", Of(Fates(Calls + 1, Calls + 1), Fates(Calls, Calls)).Faults);
        _events.RemoveAt(_events.Count - 1);

        Assert.Contains("the exposures answered are not those learned from and dropped", Of(Fates(Calls, Calls - 1), Fates(Calls, Calls)).Faults);
        Assert.Contains("the exposures received are not those answered and the doubles of calls made again", Of(Fates(Calls + 1, Calls), Fates(Calls, Calls)).Faults);
        Assert.Contains("2 exposures stand twice, but only 1 calls were made again", Of(Fates(Calls + 2, Calls, ("duplicate", 2)), Fates(Calls, Calls), retries: 1).Faults);
        Assert.Contains(Of(Fates(Calls, Calls), Fates(Calls, Calls), missed: 1).Faults, fault => fault.Contains("missed 1 entries", StringComparison.Ordinal));
    }

    private static EventFates Fates(long received, long learned, params (string Reason, long Count)[] dropped) =>
        new(received, learned, dropped.ToDictionary(reason => reason.Reason, reason => reason.Count));

    private static FeedbackEvent Fed(string request) => new FeedbackEvent
    {
        Received = DateTimeOffset.UnixEpoch,
        UserId = "u",
        EventId = $"{request}-0",
        RequestId = request,
        ItemId = "a",
        Timestamp = DateTimeOffset.UnixEpoch,
        Actions = [],
    };

    private static ExposureEvent Shown(string request) => WorkerEvents.Exposure("u", request, DateTimeOffset.UnixEpoch);

    private Reconciliation Of(EventFates exposures, EventFates feedback, long retries = 0, long missed = 0)
    {
        var answered = _calls.LongCount(call => call.Answered);
        var counts = new LoopCounts { RankCalls = _calls.Count, RankAnswered = answered, RankFailed = _calls.Count - answered, Retries = retries };
        counts.ExposuresByVariant["all"] = answered;
        return new Reconciliation(_calls, counts, new CountsFile(0, 0, missed, exposures, feedback), _events);
    }
}
