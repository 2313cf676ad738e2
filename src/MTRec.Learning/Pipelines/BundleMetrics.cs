using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Core.Sessions;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Distributed;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;

namespace MTRec.Learning.Pipelines;

/// <summary>
/// The figures of a bundle. Cold means that nothing is known but the evaluated log's own earlier rows; warm adds the users' features and all
/// logs before. The ranks predict together and take turns at the figures.
/// </summary>
internal sealed class BundleMetrics(
    IReadOnlyList<BehaviourTask> tasks, DefaultBundleOptions options, World world, IProgress<FitProgress>? progress, CancellationToken cancellation)
{
    private static readonly (string Name, ExampleView View)[] Views = [("cold", ExampleView.Cold), ("warm", ExampleView.Warm)];

    private readonly List<Metric> _metrics = [];
    private readonly List<double> _figures = [];
    private readonly UserBootstrap _bootstrap = new(options.Seed, options.Resamples);

    /// <summary>All figures. All ranks must ask.</summary>
    public IReadOnlyList<Metric> All()
    {
        var figures = _figures.ToArray();
        world.Sum(figures);

        // JSON has no NaN: what a split cannot tell is left out.
        return
        [
            .. _metrics.Select((metric, i) => metric with { Value = figures[3 * i], Low = figures[(3 * i) + 1], High = figures[(3 * i) + 2] })
                .Where(metric => double.IsFinite(metric.Value) && double.IsFinite(metric.Low) && double.IsFinite(metric.High)),
        ];
    }

    /// <summary>AUC of every action, and how well click and long view are calibrated.</summary>
    public void AddTasks(string split, ImpressionExamples examples, Func<ExampleView, float[]> predict, string suffix)
    {
        foreach (var (name, view) in Views)
        {
            var scores = predict(view);
            for (var k = 0; k < tasks.Count; k++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (tasks[k].IsWatchTime)
                    continue;
                var column = Column(scores, k);
                var did = examples.Did(tasks[k].Actions);
                Add($"auc.{tasks[k].Name}{suffix}", $"{split}.{name}", () => Auc.ByUser(column, did, examples.Log.User.AsSpan(), _bootstrap), examples.Count);
                if (tasks[k].Actions is UserActions.Click or UserActions.LongView)
                    Add($"calibrationError.{tasks[k].Name}{suffix}", $"{split}.{name}", Calibration.ExpectedError(column, did), examples.Count);
            }

            progress?.Report(new FitProgress($"evaluating on {split}", view == ExampleView.Warm ? 1 : 0.5));
        }
    }

    /// <summary>
    /// Long view within users by orders of all their items, made before the first of them was shown. By the state before each item it
    /// would come out below one half: of a user with one long view in two rows, the row after it has the better history.
    /// </summary>
    /// <param name="split">The split.</param>
    /// <param name="examples">Its examples.</param>
    /// <param name="orders">The orders' names and scores, one an example, higher first, for a view.</param>
    public void AddOrders(string split, ImpressionExamples examples, Func<ExampleView, IEnumerable<(string Order, float[] Scores)>> orders)
    {
        var consumed = examples.Did(UserActions.LongView);
        foreach (var (name, view) in Views)
        {
            foreach (var (order, scores) in orders(view with { AtStart = true }))
            {
                cancellation.ThrowIfCancellationRequested();
                Add(
                    $"withinUserAuc.longView.{order}",
                    $"{split}.{name}",
                    () => WithinUserAuc.ByUser(scores, consumed, examples.Log.User.AsSpan(), _bootstrap),
                    examples.Count);
            }
        }
    }

    /// <summary>
    /// The predicted reward: share of the recovered rewards of positive responses at or below each predicted quantile, and their rank
    /// correlation with the predicted mean.
    /// </summary>
    public void AddReward(
        string split, ImpressionExamples examples, MentalRewardModel mental, SoftQModel soft, RewardRegression regression, Func<string, bool> evaluated)
    {
        var rows = regression.Positives(examples).Where(row => evaluated(examples.Log.Users[examples.Log.User[row]])).ToArray();
        if (rows.Length == 0)
            return;
        var count = options.MentalReward.RewardQuantiles;
        foreach (var (name, view) in Views)
        {
            cancellation.ThrowIfCancellationRequested();
            var recovered = soft.Recover(examples, view, options.MentalReward, world);
            var (means, quantiles) = mental.Predict(examples, view, world);
            var coverage = Calibration.Coverage(
                [.. rows.SelectMany(row => quantiles.AsSpan(row * count, count).ToArray())], [.. rows.Select(row => recovered[row])]);
            for (var i = 0; i < count; i++)
                Add(string.Create(CultureInfo.InvariantCulture, $"coverage.{(i + 0.5) / count:0.00}"), $"{split}.{name}", coverage[i], rows.Length);
            var correlation = Spearman.Of([.. rows.Select(row => (double)means[row])], [.. rows.Select(row => (double)recovered[row])]);
            Add("spearman.mentalReward", $"{split}.{name}", correlation, rows.Length);
            progress?.Report(new FitProgress($"evaluating the mental reward on {split}", view == ExampleView.Warm ? 1 : 0.5));
        }
    }

    private float[] Column(float[] scores, int task)
    {
        var column = new float[scores.Length / tasks.Count];
        for (var row = 0; row < column.Length; row++)
            column[row] = scores[(row * tasks.Count) + task];
        return column;
    }

    private void Add(string name, string split, double value, long count) => Add(name, split, () => new Estimate(value, value, value), count);

    // The other ranks' figures are 0 here until they are summed.
    private void Add(string name, string split, Func<Estimate> figure, long count)
    {
        var estimate = _metrics.Count % world.Size == world.Rank ? figure() : default;
        _metrics.Add(new Metric(name, split, 0, 0, 0, count));
        _figures.AddRange([estimate.Value, estimate.Low, estimate.High]);
    }
}
