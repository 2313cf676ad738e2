using System.Globalization;
using MTRec.Learning.Evaluation;
using MTRec.Trainer.Reproduction;
using MTRec.Trainer.Worker.Cycle;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>The figures of a run as tables and plots.</summary>
internal static class LoopReport
{
    /// <summary>Makes the report.</summary>
    /// <param name="users">Who came.</param>
    /// <param name="run">What came of it.</param>
    /// <param name="options">How it was run.</param>
    public static Report Of(ILoopUsers users, LoopRun run, LoopOptions options)
    {
        var tally = run.Tally;
        var bootstrap = new UserBootstrap(options.Seed, UserBootstrap.Published);
        var days = tally.Days;
        var means = tally.Variants.ToDictionary(variant => variant, variant => days.Select(day => tally.Means(day, variant, bootstrap)).ToArray(), StringComparer.Ordinal);

        // An environment without some response has no column of it.
        int[] figures = [.. LoopFigure.All.Index().Where(figure => means.Values.SelectMany(byDay => byDay).Any(day => double.IsFinite(day[figure.Index].Value) && day[figure.Index].Value != 0)).Select(figure => figure.Index)];
        string Name(int figure) => figure == LoopFigure.Reward ? users.RewardName : LoopFigure.All[figure].Name;
        ReportRow Row(string label, int sessions, IReadOnlyList<Estimate> row) => new(label, [new ReportCell(sessions), .. Cells(row)]);

        IEnumerable<ReportCell> Cells(IReadOnlyList<Estimate> row) => figures.Select(figure => ReportCell.Of(row[figure]));

        string[] columns = ["sessions", .. figures.Select(Name)];
        var who = options.Experiment is null ? "all users" : $"variants of {options.Experiment}";
        return new Report(
            "simulation",
            $"Simulated users of {users.Name} on the running service",
            [
                new ReportTable("days", $"Mean of a session by day, {who}", "day, variant", columns,
                [
                    .. days.SelectMany((day, place) => tally.Variants.Where(variant => tally.Count(day, variant) > 0).Select(variant =>
                        Row(string.Create(CultureInfo.InvariantCulture, $"{day + 1} {variant}"), tally.Count(day, variant), means[variant][place]))),
                ]),
                new ReportTable("total", $"Mean of a session over all days, {who}", "variant", columns,
                    [.. tally.Variants.Select(variant => Row(variant, tally.Count(null, variant), tally.Means(null, variant, bootstrap)))]),
                .. days.Count < 2 || tally.Variants.Count < 2 ? Array.Empty<ReportTable>() :
                [
                    new ReportTable("differences", "Differences of variants by day, adjusted by what the same users did on the first day", "day, variants", [.. figures.Select(Name)],
                    [
                        .. days.Where(day => day > 0).Select(day => (int?)day).Append(null).SelectMany(day => tally.Variants.Skip(1).Select(variant => new ReportRow(
                            $"{(day is { } one ? string.Create(CultureInfo.InvariantCulture, $"{one + 1}") : "from 2 on")} {variant} less {tally.Variants[0]}",
                            [.. Cells(tally.Differences(day, variant, tally.Variants[0], bootstrap))]))),
                    ]),
                ],
                Counts(run.Counts),
            ],
            [.. figures.Select(figure => new LinePlot(Name(figure), "day", $"{Name(figure)}, mean of a session",
                [.. tally.Variants.Select(variant => Line(variant, figure, days, means[variant]))]))],
            [
                "Values are means of a session with 95 % bootstrap intervals by user; the bands of the plots are the same.",
                "The reward is the environment's own, which neither the service nor the learner is told.",
                .. run.Served.Select(served => $"{Day(served.Key.Day)}, {served.Key.Variant}: ranked by {string.Join(", ", served.Value.Select(version => string.Create(CultureInfo.InvariantCulture, $"{version.Key} ({version.Value})")))}."),
                .. run.Decisions.Select(decided => $"After {Day(decided.Day)}: {Line(decided.Decision)}"),
                .. run.Counts.Degraded.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Value} answers were made without {part.Key}.")),
                .. run.Counts.Failures.Select(failure => string.Create(CultureInfo.InvariantCulture, $"Failed: {failure.Value} x {failure.Key}")),
            ]);
    }

    /// <summary>A decision of the worker with the figure that decided.</summary>
    public static string Line(CycleDecision decision)
    {
        var what = decision.Outcome switch
        {
            CycleDecision.Published => $"published {decision.Version} after {decision.Serving}",
            CycleDecision.RolledBack => $"rolled {decision.Version} back to {decision.Serving}",
            _ => $"refused, {decision.Serving} goes on",
        };
        var figure = decision.Figures.FirstOrDefault(figure => figure.Name == $"{decision.Metric}.difference") is { } difference
            ? string.Create(CultureInfo.InvariantCulture, $": {decision.Metric} {difference.Value:+0.####;-0.####} [{difference.Low:F4}, {difference.High:F4}] over {difference.Count} exposures")
            : "";
        return $"{what}{figure}.{(decision.Gate ? "" : " The gate was off.")}{string.Concat(decision.Reasons.Select(reason => $" {reason}"))}";
    }

    private static string Day(int day) => string.Create(CultureInfo.InvariantCulture, $"day {day + 1}");

    private static Series Line(string variant, int figure, IReadOnlyList<int> days, IReadOnlyList<Estimate>[] means)
    {
        var places = Enumerable.Range(0, days.Count).Where(place => double.IsFinite(means[place][figure].Value)).ToArray();
        return new Series(
            variant,
            [.. places.Select(place => days[place] + 1.0)],
            [.. places.Select(place => means[place][figure].Value)],
            [.. places.Select(place => means[place][figure].Low)],
            [.. places.Select(place => means[place][figure].High)]);
    }

    private static ReportTable Counts(LoopCounts counts) => new("counts", "Calls", "what", ["number"],
    [
        Row("rank calls", counts.RankCalls),
        Row("answered: exposures", counts.RankAnswered),
        Row("of them degraded", counts.RankDegraded),
        Row("of them exploring", counts.RankExploring),
        Row("rank calls failed", counts.RankFailed),
        .. counts.ExposuresByVariant.Select(variant => Row($"exposures of {variant.Key}", variant.Value)),
        .. counts.ExposuresByBundle.Select(bundle => Row($"exposures by bundle {bundle.Key}", bundle.Value)),
        Row("feedback events sent", counts.FeedbackSent),
        Row("accepted", counts.FeedbackAccepted),
        Row("duplicates", counts.FeedbackDuplicates),
        Row("rejected", counts.FeedbackRejected),
        Row("lost", counts.FeedbackLost),
        Row("calls made again", counts.Retries),
    ]);

    private static ReportRow Row(string label, long number) => new(label, [new ReportCell(number)]);
}
