using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;

namespace MTRec.Trainer.Reproduction;

/// <summary>
/// The figures of <see cref="UpstreamTable"/> on one split. Scores are [rows, K] of <see cref="BehaviourTask.Wide"/>, one array a training
/// seed, by model.
/// </summary>
internal sealed class UpstreamFigures(
    string split, ImpressionExamples examples, SeedAndUserBootstrap bootstrap, int threads, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    /// <summary>What is a valid consumption, in seconds.</summary>
    public const float ConsumedSeconds = 10;

    private const UserActions Rare = UserActions.Follow | UserActions.Comment | UserActions.Forward;

    private static readonly IReadOnlyList<BehaviourTask> Tasks = BehaviourTask.Wide;

    private readonly Target[] _targets =
    [
        .. Tasks.Select((task, k) => new Target(
            task.IsWatchTime ? "watch time" : task.Name,
            [k],
            task.IsWatchTime ? [.. examples.Log.WatchSeconds.Select(seconds => seconds > ConsumedSeconds)] : examples.Did(task.Actions),
            !task.IsWatchTime)),
        new Target(
            "any rare",
            [.. Enumerable.Range(0, Tasks.Count).Where(k => !Tasks[k].IsWatchTime && (Tasks[k].Actions & Rare) != 0)],
            examples.Did(Rare),
            Probability: false),
    ];

    private readonly int[] _users = [.. examples.Log.User];

    /// <summary>AUC by task, under a row of the positives' counts.</summary>
    public ReportTable Auc(string name, string title, IReadOnlyDictionary<string, IReadOnlyList<float[]>> scores)
    {
        var cells = Cells(scores, (target, seeds) =>
        {
            var aucs = Sorted(target, seeds);
            return Cell(aucs.Length, (seed, weights) => aucs[seed].Value(weights));
        });
        return new ReportTable(name, title, "model", [.. _targets.Select(target => target.Name)], [Positives(), .. cells]);
    }

    /// <summary>AUC less that of one model, by task, and the same as a picture.</summary>
    public (ReportTable Table, IntervalPlot Plot) Differences(IReadOnlyDictionary<string, IReadOnlyList<float[]>> scores, string reference)
    {
        var others = scores.Where(model => model.Key != reference).ToDictionary(StringComparer.Ordinal);
        var rows = Cells(others, (target, seeds) =>
        {
            var ours = Sorted(target, seeds);
            var theirs = Sorted(target, scores[reference]);
            return Cell(ours.Length, (seed, weights) => ours[seed].Value(weights) - theirs[seed].Value(weights));
        });
        var table = new ReportTable(
            "aucDifference", $"AUC on log_test less that of {reference}, all known of the user", "model", [.. _targets.Select(target => target.Name)], rows);
        var points = rows.SelectMany(row => _targets.Zip(row.Cells, (target, cell) => new LabelledEstimate(
            $"{row.Label}, {target.Name}", new Estimate(cell!.Value, cell.Low ?? double.NaN, cell.High ?? double.NaN))));
        return (table, new IntervalPlot($"AUC on log_test less that of {reference}", "difference of AUC", [.. points]));
    }

    /// <summary>AUC within users, weighted by their rows, by task.</summary>
    public ReportTable WithinUsers(string name, string title, IReadOnlyDictionary<string, IReadOnlyList<float[]>> scores)
    {
        var starts = examples.Log.UserStarts();
        var cells = Cells(scores, (target, seeds) =>
        {
            var byUser = seeds.Select(seed => ByUser(Column(seed, target), target.Did)).ToArray();
            return Interval(byUser.Length, (seed, counts) =>
            {
                double sum = 0, weights = 0;
                for (var user = 0; user < counts.Length; user++)
                {
                    if (double.IsNaN(byUser[seed][user]))
                        continue;
                    var weight = (double)counts[user] * (starts[user + 1] - starts[user]);
                    sum += weight * byUser[seed][user];
                    weights += weight;
                }

                return weights == 0 ? double.NaN : sum / weights;
            });
        });
        return new ReportTable(name, title, "model", [.. _targets.Select(target => target.Name)], cells);

        double[] ByUser(float[] column, bool[] did)
        {
            var values = new double[starts.Length - 1];
            for (var user = 0; user < values.Length; user++)
                values[user] = Learning.Evaluation.Auc.Of(column.AsSpan(starts[user]..starts[user + 1]), did.AsSpan(starts[user]..starts[user + 1]));
            return values;
        }
    }

    /// <summary>Expected calibration error of the probabilities.</summary>
    public ReportTable CalibrationErrors(string name, string title, IReadOnlyDictionary<string, IReadOnlyList<float[]>> scores)
    {
        var probabilities = _targets.Where(target => target.Probability).ToArray();
        return new ReportTable(name, title, "model", [.. probabilities.Select(target => target.Name)],
        [
            .. scores.Select(model => new ReportRow(model.Key, [.. probabilities.Select(target =>
            {
                double[] errors = [.. model.Value.Select(seed => Calibration.ExpectedError(Column(seed, target), target.Did))];
                return new ReportCell(errors.Average(), BySeed: errors.Length > 1 ? errors : null);
            })])),
        ]);
    }

    private ReportRow Positives() => new("positives", [.. _targets.Select(target => new ReportCell(target.Did.Count(did => did)))]);

    private ReportRow[] Cells(
        IReadOnlyDictionary<string, IReadOnlyList<float[]>> scores, Func<Target, IReadOnlyList<float[]>, ReportCell> cell)
    {
        var done = 0;
        var all = scores.SelectMany(model => _targets.Select(target => (model.Key, model.Value, Target: target))).ToArray();
        var cells = all.AsParallel().AsOrdered().WithDegreeOfParallelism(threads).WithCancellation(cancellation).Select(place =>
        {
            var value = cell(place.Target, place.Value);
            progress.Report(new FitProgress($"figures on {split}", Interlocked.Increment(ref done) / (double)all.Length));
            return (place.Key, Value: value);
        }).ToArray();
        return [.. cells.GroupBy(place => place.Key, StringComparer.Ordinal).Select(row => new ReportRow(row.Key, [.. row.Select(place => place.Value)]))];
    }

    private ReportCell Cell(int seeds, Func<int, double[], double> statistic)
    {
        var weights = new double[_users.Length];
        return Interval(seeds, (seed, counts) =>
        {
            for (var row = 0; row < weights.Length; row++)
                weights[row] = counts[_users[row]];
            return statistic(seed, weights);
        });
    }

    private ReportCell Interval(int seeds, Func<int, ReadOnlySpan<int>, double> statistic)
    {
        var once = new int[examples.Log.Users.Count];
        Array.Fill(once, 1);
        return ReportCell.Of(
            bootstrap.Interval(once.Length, seeds, (seed, counts) =>
            {
                cancellation.ThrowIfCancellationRequested();
                return statistic(seed, counts);
            }),
            seeds > 1 ? [.. Enumerable.Range(0, seeds).Select(seed => statistic(seed, once))] : null);
    }

    private static Auc[] Sorted(Target target, IReadOnlyList<float[]> seeds) => [.. seeds.Select(seed => new Auc(Column(seed, target), target.Did))];

    private static float[] Column(float[] scores, Target target)
    {
        var column = new float[scores.Length / Tasks.Count];
        for (var row = 0; row < column.Length; row++)
        {
            foreach (var task in target.Tasks)
                column[row] += scores[(row * Tasks.Count) + task];
        }

        return column;
    }

    // What the sum of some tasks' scores should tell.
    private sealed record Target(string Name, int[] Tasks, bool[] Did, bool Probability);
}
