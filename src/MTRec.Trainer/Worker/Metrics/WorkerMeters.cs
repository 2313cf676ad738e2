using System.Diagnostics.Metrics;
using System.Text.Json;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Metrics;

/// <summary>The worker's meters: read from its commit, its window and its decisions at every scrape.</summary>
internal sealed class WorkerMeters : IDisposable
{
    /// <summary>The meter of all that is the worker's own.</summary>
    public const string MeterName = "MTRec.Worker";

    private readonly Meter _meter = new(MeterName);

    /// <summary>Begins to show them.</summary>
    /// <param name="state">The state; it outlives this.</param>
    /// <param name="intake">The intake.</param>
    /// <param name="cycles">The cycles; null where the worker learns no policies.</param>
    public WorkerMeters(StateFolder state, IntakeProgress intake, CycleProgress? cycles)
    {
        ShowIntake(state, intake);
        if (cycles is not null)
            ShowCycles(cycles);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private void ShowIntake(StateFolder state, IntakeProgress intake)
    {
        _meter.CreateObservableCounter("mtrec.worker.entries", () => state.Commit.Counts.Entries, "{entry}", "Entries of the event log that were read, damaged ones among them, since the state was made.");
        _meter.CreateObservableCounter("mtrec.worker.entries.damaged", () => state.Commit.Counts.Damaged, "{entry}", "Entries that are no event, or not the one that was written.");
        _meter.CreateObservableCounter("mtrec.worker.entries.missed", () => state.Commit.Counts.Missed, "{entry}", "Entries that were gone before they were read.");
        _meter.CreateObservableCounter(
            "mtrec.worker.events",
            () =>
            {
                var counts = state.Commit.Counts;
                return new[] { ("received", counts.Received), ("outOfWindow", counts.OutOfWindow), ("forgotten", counts.Forgotten), ("lost", counts.Lost) }.SelectMany(pair => ByKind(pair.Item2, "outcome", pair.Item1));
            },
            "{event}",
            "Events that came in, and those of them that did not stay, by reason.");
        _meter.CreateObservableGauge("mtrec.worker.window.events", () => ByKind(state.Commit.Events.Aggregate(default(EventCounts), (sum, file) => sum + file.Counts), null, null), "{event}", "Events of the window.");
        _meter.CreateObservableGauge("mtrec.worker.window.bytes", () => state.Commit.Events.Sum(file => file.Length), "By", "Bytes of them on disk.");
        _meter.CreateObservableGauge("mtrec.worker.forgets.pending", () => state.Commit.Forgotten.Values.Count(user => !user.IsErased), "{user}", "Deleted users whose events are not erased from the disk yet.");
        _meter.CreateObservableGauge("mtrec.worker.lag", () => intake.Lag.TotalSeconds, "s", "Age of the newest event of the last batch when it was committed; 0 where all is read.");
        _meter.CreateObservableCounter("mtrec.worker.intake.failures", () => intake.Failures, "{failure}", "Steps of the intake that failed and were tried again.");
        _meter.CreateObservableGauge("mtrec.worker.step.timestamp", () => UnixTime(intake.Stepped), "s", "When the log was last read without a fault, Unix time.");
    }

    private void ShowCycles(CycleProgress cycles)
    {
        _meter.CreateObservableCounter(
            "mtrec.worker.cycles", () => cycles.Outcomes.Select(pair => Of(pair.Key, pair.Value)), "{cycle}", "Cycles by how they ended; failed are those, and looks at what was published, that came to no decision.");
        _meter.CreateObservableCounter("mtrec.worker.cycle.time", () => cycles.Spent.TotalSeconds, "s", "Time spent learning and judging.");
        _meter.CreateObservableGauge("mtrec.worker.cycle.running", () => cycles.IsRunning ? 1 : 0, "{cycle}", "Cycles that turn.");
        _meter.CreateObservableGauge("mtrec.worker.cycle.decided.timestamp", () => UnixTime(cycles.LastDecided), "s", "When a cycle last came to a decision, Unix time.");
        _meter.CreateObservableGauge(
            "mtrec.worker.cycle.exposures",
            () => cycles.Compared?.Transitions is { } counts
                ? Enum.GetValues<DropReason>().Select(reason => Of(JsonNamingPolicy.CamelCase.ConvertName($"{reason}"), counts.Dropped(reason))).Prepend(Of("learned", counts.Learned))
                : [],
            "{exposure}",
            "Exposures of the last cycle's window: learned from, or dropped by reason.");
        _meter.CreateObservableGauge(
            "mtrec.worker.cycle.difference",
            () => cycles.Compared is { } decision && decision.Figures.FirstOrDefault(figure => figure.Name == $"{decision.Metric}.difference") is { } figure
                ? new[] { ("estimate", figure.Value), ("low", figure.Low), ("high", figure.High) }.Where(pair => pair.Item2 is not null).Select(pair => new Measurement<double>(pair.Item2!.Value, Tag("metric", decision.Metric), Tag("bound", pair.Item1)))
                : [],
            "{reward}",
            "What the last policy that was learned gains on the agreed metric, by the log, with its 95 % interval.");
    }

    private static IEnumerable<Measurement<long>> ByKind(EventCounts counts, string? tag, string? value)
    {
        KeyValuePair<string, object?>[] more = tag is null ? [] : [Tag(tag, value!)];
        yield return new Measurement<long>(counts.Exposures, [Tag("kind", "exposure"), .. more]);
        yield return new Measurement<long>(counts.Feedback, [Tag("kind", "feedback"), .. more]);
    }

    private static Measurement<long> Of(string outcome, long value) => new(value, [Tag("outcome", outcome)]);

    // Nothing is shown of what never was.
    private static IEnumerable<Measurement<double>> UnixTime(DateTimeOffset? at) => at is { } moment ? [new Measurement<double>(moment.ToUnixTimeMilliseconds() / 1000.0)] : [];

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
