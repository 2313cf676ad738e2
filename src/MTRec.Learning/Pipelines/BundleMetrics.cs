using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;

namespace MTRec.Learning.Pipelines;

/// <summary>
/// The figures of a bundle. Cold means that nothing is known but the evaluated log's own earlier rows; warm adds the users' features and all
/// logs before.
/// </summary>
internal sealed class BundleMetrics(
    IReadOnlyList<BehaviourTask> tasks, DefaultBundleOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation)
{
    private static readonly (string Name, ExampleView View)[] Views = [("cold", ExampleView.Cold), ("warm", ExampleView.Warm)];

    private readonly List<Metric> _metrics = [];
    private readonly UserBootstrap _bootstrap = new(options.Seed, options.Resamples);

    public IReadOnlyList<Metric> All => _metrics;

    /// <summary>AUC of every action, rank correlation of the watch time; within users for click and long view.</summary>
    public void AddTasks(string split, ImpressionExamples examples, Func<ExampleView, float[]> predict, string suffix)
    {
        var users = examples.Log.User.AsSpan();
        foreach (var (name, view) in Views)
        {
            var scores = predict(view);
            for (var k = 0; k < tasks.Count; k++)
            {
                cancellation.ThrowIfCancellationRequested();
                var column = Column(scores, k);
                if (tasks[k].IsWatchTime)
                    continue;
                var did = examples.Did(tasks[k].Actions);
                Add($"auc.{tasks[k].Name}{suffix}", $"{split}.{name}", Auc.ByUser(column, did, users, _bootstrap), examples.Count);
                if (tasks[k].Actions is UserActions.Click or UserActions.LongView && suffix.Length == 0)
                {
                    Add($"withinUserAuc.{tasks[k].Name}", $"{split}.{name}", WithinUserAuc.ByUser(column, did, users, _bootstrap), examples.Count);
                    var error = Calibration.ExpectedError(column, did);
                    Add($"calibrationError.{tasks[k].Name}", $"{split}.{name}", new Estimate(error, error, error), examples.Count);
                }
            }

            progress?.Report(new FitProgress($"evaluating on {split}", name == "warm" ? 1 : 0.5));
        }
    }

    /// <summary>Long view within users by a policy's order.</summary>
    public void AddPolicy(string split, ImpressionExamples examples, FixedPolicy policy, IReadOnlyList<TaskDefinition> definitions, float[] scores)
    {
        var name = char.ToLowerInvariant(policy.Fusion.Formula.ToString()[0]) + policy.Fusion.Formula.ToString()[1..];
        var value = WithinUserAuc.ByUser(
            policy.Fuse(definitions, scores), examples.Did(UserActions.LongView), examples.Log.User.AsSpan(), _bootstrap);
        Add($"withinUserAuc.longView.{name}", $"{split}.cold", value, examples.Count);
    }

    /// <summary>
    /// The predicted reward: AUC against like, share of recovered rewards of positive responses at or below each predicted quantile, and their
    /// rank correlation with the predicted mean.
    /// </summary>
    public void AddReward(string split, ImpressionExamples examples, MentalRewardModel mental, SoftQModel soft, RewardRegression regression)
    {
        var rows = regression.Positives(examples);
        if (rows.Length == 0)
            return;
        var recovered = soft.Recover(examples, ExampleView.Cold, options.MentalReward);
        var (means, quantiles) = mental.Predict(examples, ExampleView.Cold);
        var count = options.MentalReward.Quantiles;
        var coverage = Calibration.Coverage(
            [.. rows.SelectMany(row => quantiles.AsSpan(row * count, count).ToArray())], [.. rows.Select(row => recovered[row])]);
        for (var i = 0; i < count; i++)
        {
            var level = (i + 0.5) / count;
            Add(string.Create(CultureInfo.InvariantCulture, $"coverage.{level:0.00}"), $"{split}.cold", new Estimate(coverage[i], coverage[i], coverage[i]), rows.Length);
        }

        var correlation = Spearman.Of([.. rows.Select(row => (double)means[row])], [.. rows.Select(row => (double)recovered[row])]);
        Add("spearman.mentalReward", $"{split}.cold", new Estimate(correlation, correlation, correlation), rows.Length);
        Add(
            "withinUserAuc.longView.mentalReward",
            $"{split}.cold",
            WithinUserAuc.ByUser(means, examples.Did(UserActions.LongView), examples.Log.User.AsSpan(), _bootstrap),
            examples.Count);
        progress?.Report(new FitProgress($"evaluating the mental reward on {split}", 1));
    }

    private float[] Column(float[] scores, int task)
    {
        var column = new float[scores.Length / tasks.Count];
        for (var row = 0; row < column.Length; row++)
            column[row] = scores[(row * tasks.Count) + task];
        return column;
    }

    // JSON has no NaN: what a split cannot tell is left out.
    private void Add(string name, string split, Estimate estimate, long count)
    {
        if (double.IsFinite(estimate.Value) && double.IsFinite(estimate.Low) && double.IsFinite(estimate.High))
            _metrics.Add(new Metric(name, split, estimate.Value, estimate.Low, estimate.High, count));
    }
}
