using System.Globalization;
using MTRec.Learning.Evaluation;
using MTRec.Trainer.CommandLine;
using Spectre.Console;

namespace MTRec.Trainer.Replay;

/// <summary>The figures of a replay, with 95 % intervals by user.</summary>
internal static class ReplayReport
{
    private const int Ranks = 10;

    /// <summary>Prints throughput, latency, failures and how well each order did.</summary>
    public static void Print(ReplayRun run, int seed)
    {
        var seconds = run.Elapsed.TotalSeconds;
        Terminal.Results.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Steps} steps in {seconds:F1} s: {run.RankMilliseconds.Count / seconds:F1} rank calls and {run.FeedbackMilliseconds.Count / seconds:F1} feedback calls a second"));
        Terminal.Results.Write(Latencies(run));
        foreach (var (reason, count) in run.Failures.OrderByDescending(failure => failure.Value))
            Terminal.Results.WriteLine($"failed: {count} x {reason}");
        foreach (var (part, count) in run.Degraded.OrderByDescending(part => part.Value))
            Terminal.Results.WriteLine($"degraded: {count} answers were made without {part}");

        // Users in a fixed order, so that the same answers give the same intervals however the connections interleaved.
        var users = run.Observations.GroupBy(step => step.UserId, StringComparer.Ordinal).OrderBy(user => user.Key, StringComparer.Ordinal)
            .Select(user => user.ToArray()).ToArray();
        Terminal.Results.Write(Orders(users, new UserBootstrap(seed)));
        if (run.Observations.Any(step => step.Upstream is null))
            Terminal.Results.WriteLine("The upstream order needs explained answers from a policy that gives the click score a weight: some answers had neither.");
    }

    private static Table Latencies(ReplayRun run)
    {
        var table = new Table().AddColumns("latency, ms", "p50", "p90", "p99", "max");
        Row("rank", run.RankMilliseconds);
        Row("feedback", run.FeedbackMilliseconds);
        return table;

        void Row(string call, IReadOnlyCollection<double> milliseconds)
        {
            double[] sorted = [.. milliseconds.Order()];
            table.AddRow([call, .. new[] { 0.5, 0.9, 0.99, 1 }.Select(level => Number(NearestRank(sorted, level), "F2"))]);
        }
    }

    private static Table Orders(Observation[][] users, UserBootstrap bootstrap)
    {
        var table = new Table().AddColumns("order", $"NDCG@{Ranks}", "MRR", "AUC of long view within users");
        Row("blended", step => step.Blended);
        Row("fused", step => step.Fused);
        Row("upstream click", step => step.Upstream);
        var told = users.SelectMany(steps => steps).Count(step => step.LongView is not null);
        table.Caption(string.Create(
            CultureInfo.InvariantCulture,
            $"{users.Length} users; NDCG and MRR over {users.SelectMany(steps => steps).Count(step => step.LongView == true)} shown items viewed for long, AUC over {told} shown items"));
        return table;

        void Row(string order, Func<Observation, Placing?> placing) => table.AddRow(
            order,
            Interval(MeanOfLongViews(users, step => placing(step)?.Rank, rank => RankedList.Ndcg(GainAt(rank), Ranks), bootstrap)),
            Interval(MeanOfLongViews(users, step => placing(step)?.Rank, rank => 1.0 / rank, bootstrap)),
            Interval(AucWithinUsers(users, placing, bootstrap)));
    }

    /// <summary>The mean over the shown items that were viewed for long; intervals by user.</summary>
    private static Estimate MeanOfLongViews(
        Observation[][] users, Func<Observation, int?> rankOf, Func<int, double> metric, UserBootstrap bootstrap) =>
        WeightedMean.ByUser(
            [
                .. users.Select(steps => steps.Where(step => step.LongView == true).Select(rankOf).OfType<int>().Select(metric).ToArray())
                    .Where(values => values.Length > 0)
                    .Select(values => (values.Average(), (double)values.Length)),
            ],
            bootstrap);

    private static Estimate AucWithinUsers(Observation[][] users, Func<Observation, Placing?> placing, UserBootstrap bootstrap)
    {
        var rows = users.SelectMany((steps, user) => steps.Where(step => step.LongView is not null && placing(step) is not null).Select(step => (step, user))).ToArray();
        return WithinUserAuc.ByUser(
            Array.ConvertAll(rows, row => (float)placing(row.step)!.Value.Score),
            Array.ConvertAll(rows, row => row.step.LongView == true),
            Array.ConvertAll(rows, row => row.user),
            bootstrap);
    }

    private static double[] GainAt(int rank)
    {
        var gains = new double[rank];
        gains[rank - 1] = 1;
        return gains;
    }

    private static double NearestRank(double[] sorted, double level) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Max(0, (int)Math.Ceiling(level * sorted.Length) - 1)];

    private static string Interval(Estimate estimate) =>
        double.IsNaN(estimate.Value) ? "-" : $"{Number(estimate.Value, "F4")} ({Number(estimate.Low, "F4")} to {Number(estimate.High, "F4")})";

    private static string Number(double value, string format) => double.IsNaN(value) ? "-" : value.ToString(format, CultureInfo.InvariantCulture);
}
