using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Data.Trajectories;
using MTRec.Export;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Distributed;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Pipelines;

/// <summary>
/// Trains a whole bundle from a folder in KuaiRand's format and publishes it: upstream task scores, mental reward, fixed fusion policy,
/// item table. The same data, options, seed and number of threads on the same machine give the same files.
/// </summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every step; may be null.</param>
/// <param name="world">The ranks that train together, the first of which publishes; this process alone where left out.</param>
public sealed class DefaultBundle(DefaultBundleOptions options, IProgress<FitProgress>? progress = null, World? world = null)
{
    private readonly World _world = world ?? World.Alone;

    /// <summary>Actions that have a column in the history.</summary>
    public static IReadOnlyList<string> HistoryActions { get; } =
        ["click", "longView", "like", "follow", "comment", "forward", "profileEnter", "hate"];

    private readonly IReadOnlyList<BehaviourTask> _tasks = BehaviourTask.Default;
    private readonly ViewSampler _views = new(options.ProfileShare, options.EarlierShare);

    /// <summary>Trains and publishes.</summary>
    /// <param name="cancellation">Ends the training between two steps and leaves nothing behind.</param>
    /// <returns>The bundle's folder, its manifest and what the data's dirt was.</returns>
    /// <exception cref="FileNotFoundException">A log is missing.</exception>
    /// <exception cref="Data.DataFormatException">A file is damaged or lacks a needed column.</exception>
    /// <exception cref="WorldException">The ranks have different data.</exception>
    /// <exception cref="IOException">The version is published already, or the disk refuses.</exception>
    public DefaultBundleReport Train(CancellationToken cancellation = default)
    {
        set_num_threads(options.Threads);
        using var threads = _world.ShareThreads();
        manual_seed(options.Seed);

        progress?.Report(new FitProgress("reading", 0));
        _world.RequireSame("the data are", KuaiRandFolder.Fingerprint(options.Data));
        var data = KuaiRandFolder.Read(options.Data, options.UserShare, cancellation);
        var splits = KuaiRandExamples.From(data, options.HistoryLength, options.StatisticsFolds, options.Seed);
        var schema = splits.Schema;
        progress?.Report(new FitProgress("reading", 1));

        var means = new TaskTargets(data.Train, _tasks).Means();
        using var upstream = new UpstreamModel(_tasks, means, NewBackbone(), options.Experts);
        var learner = FitTasks("task scores", options.MultiTask, upstream);
        using var linear = new LogisticRegression(schema, splits.Statistics, _tasks.Count);
        var linearLearner = FitTasks("logistic regression", options.LogisticRegression, linear);

        var halves = new UserFolds(2, options.Seed);
        using var learned = new MentalRewardTraining(options.MentalReward, _views, options.Seed, progress, cancellation, _world)
            .Fit(NewBackbone, splits.Train, splits.Dev, user => halves.Of(user) == 0);
        var mental = learned.Model;

        progress?.Report(new FitProgress("policy", 0));
        var trainScores = learner.Predict(upstream, splits.Train, ExampleView.Cold);
        var tasks = Definitions(trainScores);
        var policies = Policies(data, tasks, trainScores);
        var policy = options.Formula is { } formula
            ? policies.Single(p => p.Fusion.Formula == formula)
            : Best(policies, tasks, learner.Predict(upstream, splits.Dev, ExampleView.Cold with { AtStart = true }), splits.Dev);
        var fallback = policies.Single(p => p.Fusion.Formula == FusionFormula.WeightedSum);

        var metrics = new BundleMetrics(_tasks, options, _world, progress, cancellation);
        foreach (var (name, examples) in splits.Evaluated)
        {
            metrics.AddTasks(name, examples, view => learner.Predict(upstream, examples, view), "");
            metrics.AddTasks(name, examples, view => linearLearner.Predict(linear, examples, view), ".logisticRegression");
            metrics.AddOrders(name, examples, view => Orders(learner.Predict(upstream, examples, view), mental.Predict(examples, view, _world).Means));
            metrics.AddReward(name, examples, mental, learned.Soft, learned.Regression, user => examples != splits.Dev || halves.Of(user) != 0);
        }

        var mentalTrain = mental.Predict(splits.Train, ExampleView.Cold, _world).Means;
        var manifest = new BundleManifest
        {
            FormatVersion = BundleManifest.CurrentFormat,
            Name = options.Name,
            Version = options.Version,
            Created = options.Created,
            Tasks = tasks,
            Features = splits.Definitions,
            History = schema.History,
            Fusion = policy.Fusion,
            Exploration = new ExplorationSection(null, -0.15f, 0.15f),
            MentalReward = new MentalRewardSection(
                options.MentalReward.Algorithm, (float)options.MentalReward.Discount, options.MentalReward.RewardQuantiles, [.. UserActionNames.Of(options.MentalReward.Positive.Actions)]),
            Blending = new BlendingSection(
                FixedPolicy.Standardise(policy.Fuse(tasks, trainScores)), FixedPolicy.Standardise(mentalTrain)),
            Fallback = new FallbackSection(fallback.Action, FixedPolicy.Standardise(fallback.Fuse(tasks, trainScores))),
            Files = ImmutableDictionary<string, BundleFile>.Empty,
            Provenance = new Provenance(options.DataName, CodeVersion(), options.Seed, options.Command, metrics.All()),
        };
        cancellation.ThrowIfCancellationRequested();
        var parts = new BundleParts(FusionGraphs.FixedPolicy(tasks, policy.Fusion, policy.Action), mental.Export(), upstream.Export(), splits.Items);
        var folder = _world.IsFirst ? BundleWriter.Write(options.Registry, manifest, parts, cancellation) : "";
        return new DefaultBundleReport(folder, manifest, data.Reports);

        Backbone NewBackbone() => splits.NewBackbone(options.Backbone);

        MultiTaskLearner FitTasks(string stage, FitOptions fit, nn.Module<FeatureBatch, Tensor> model)
        {
            var tasksLearner = new MultiTaskLearner(_tasks, options.TaskWeights, _views, new Fitter(fit, progress, cancellation, _world), options.Seed);
            tasksLearner.Fit(stage, model, splits.Train, splits.Dev);
            return tasksLearner;
        }

        IEnumerable<(string Order, float[] Scores)> Orders(float[] scores, float[] rewards) =>
        [
            ("taskClick", Column(scores, 0)),
            ("taskLongView", Column(scores, 1)),
            .. policies.Select(p => (JsonNamingPolicy.CamelCase.ConvertName(p.Fusion.Formula.ToString()), p.Fuse(tasks, scores))),
            ("mentalReward", rewards),
        ];

        // A candidate that comes without a score gets the mean prediction, so that it moves no order.
        TaskDefinition[] Definitions(float[] scores) =>
            [.. _tasks.Select((task, k) => task.Definition((float)Enumerable.Range(0, scores.Length / _tasks.Count).Average(row => (double)scores[(row * _tasks.Count) + k])))];
    }

    private float[] Column(float[] scores, int task) => [.. scores.Where((_, place) => place % _tasks.Count == task)];

    private static string CodeVersion() =>
        typeof(DefaultBundle).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private FixedPolicy[] Policies(KuaiRandFolder data, IReadOnlyList<TaskDefinition> tasks, float[] scores)
    {
        var weights = FixedPolicy.RewardWeights(_tasks, FutureDwell.Correlations(data.Train, _tasks, options.DwellHorizon));
        var negative = _tasks.Select(task => task.IsNegative).ToArray();
        return
        [
            .. Fuser.OfScores.Select(formula => FixedPolicy.FromRewardWeights(formula, tasks, weights, negative, scores)),
        ];
    }

    // The order that a new user sees at one moment decides: long view within users.
    private static FixedPolicy Best(FixedPolicy[] policies, IReadOnlyList<TaskDefinition> tasks, float[] scores, ImpressionExamples dev)
    {
        var consumed = dev.Did(UserActions.LongView);
        return policies.MaxBy(policy =>
        {
            var value = WithinUserAuc.ByUser(policy.Fuse(tasks, scores), consumed, dev.Log.User.AsSpan(), new UserBootstrap(0, 1)).Value;
            return double.IsNaN(value) ? 0 : value;
        })!;
    }
}
