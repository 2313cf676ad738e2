using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Data.Features;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// Environments fitted on KuaiRand. The users are cut in two: <see cref="Training"/> has the one half with responses fitted on that half,
/// <see cref="Evaluation"/> the other likewise, so that no policy is graded by the model it learned from. What the product would know (item
/// statistics, upstream model, state) comes from the training half alone and serves both.
/// </summary>
public sealed class KuaiRandSimulator : IDisposable
{
    private readonly KuaiRandWorld _world;
    private readonly ResponseModel _trainingResponses;
    private readonly ResponseModel _evaluationResponses;

    private KuaiRandSimulator(
        KuaiRandWorld world, ResponseModel trainingResponses, ResponseModel evaluationResponses, SessionStarts trainingStarts, SessionStarts evaluationStarts, KuaiRandSessionOptions sessions)
    {
        _world = world;
        (_trainingResponses, _evaluationResponses) = (trainingResponses, evaluationResponses);
        Training = new KuaiRandEnvironment("kuairand", world, trainingStarts, trainingResponses, sessions);
        Evaluation = new KuaiRandEnvironment("kuairand", world, evaluationStarts, evaluationResponses, sessions);
    }

    /// <summary>Users and responses to learn with.</summary>
    public KuaiRandEnvironment Training { get; }

    /// <summary>Users never learned with, and their own responses.</summary>
    public KuaiRandEnvironment Evaluation { get; }

    /// <summary>The features, as a bundle's manifest lists them.</summary>
    public required IReadOnlyList<FeatureDefinition> Features { get; init; }

    /// <summary>The layout of the service's inputs.</summary>
    public required FeatureSchema Schema { get; init; }

    /// <summary>The items' features.</summary>
    public required ItemTable Items { get; init; }

    /// <summary>What policies see, and its export.</summary>
    public FusionState FusionState => _world.State;

    /// <summary>The upstream model's tasks.</summary>
    public IReadOnlyList<TaskDefinition> Tasks => _world.Tasks;

    /// <summary>The rewards.</summary>
    public KuaiRandRewards Rewards => _world.Rewards;

    /// <summary>How well the responses fit, and what a session is like.</summary>
    public required KuaiRandSimulatorReport Report { get; init; }

    /// <summary>The upstream model's scores of the training log [rows, K] in the tasks' units, row by row: for <see cref="FixedPolicy.FromRewardWeights"/>.</summary>
    public required float[] TaskScoreSample { get; init; }

    /// <summary>Reward weights [K] by correlation with future dwell: for <see cref="FixedPolicy.FromRewardWeights"/>.</summary>
    public required double[] RewardWeights { get; init; }

    /// <summary>Whether each task is an objection [K].</summary>
    public IReadOnlyList<bool> NegativeTasks { get; } = [.. BehaviourTask.Default.Select(task => task.IsNegative)];

    /// <summary>Fits.</summary>
    /// <param name="folder">A folder in KuaiRand's format, see <see cref="KuaiRandFolder"/>.</param>
    /// <param name="options">How.</param>
    /// <param name="progress">Told of every step; may be null.</param>
    /// <param name="cancellation">Ends the fit between two steps.</param>
    /// <exception cref="FileNotFoundException">A log is missing.</exception>
    /// <exception cref="Data.DataFormatException">A file is damaged or lacks a needed column.</exception>
    public static KuaiRandSimulator Fit(
        string folder, KuaiRandSimulatorOptions options, IProgress<FitProgress>? progress = null, CancellationToken cancellation = default)
    {
        manual_seed(options.Seed);
        progress?.Report(new FitProgress("reading", 0));
        var data = KuaiRandFolder.Read(folder, options.UserShare, cancellation);
        var halves = new UserFolds(2, options.Seed);
        var (training, evaluation) = (data.Train.OfUsers(user => halves.Of(user) == 0), data.Train.OfUsers(user => halves.Of(user) == 1));
        var features = new KuaiRandFeatures(training, [.. data.Users.Values], data.Videos);
        var items = features.Items();
        var schema = new FeatureSchema(features.Definitions, new HistoryLayout(options.HistoryLength, DefaultBundle.HistoryActions));
        var statisticsFolds = new UserFolds(options.StatisticsFolds, options.Seed);
        var outOfFold = features.ItemsOutOfFold(statisticsFolds);
        var foldOf = training.Users.Ids.Select(statisticsFolds.Of).ToArray();
        var none = ImmutableDictionary<string, ImmutableArray<SessionEvent>>.Empty;
        var trainingRows = new ImpressionExamples(training, schema, user => outOfFold[foldOf[user]], data.Users, none);
        var evaluationRows = new ImpressionExamples(evaluation, schema, _ => items, data.Users, none);
        var calibrating = new UserFolds(2, options.Seed + 1);
        progress?.Report(new FitProgress("reading", 1));

        var upstream = new UpstreamNetwork(
            schema, BackboneStatistics.Measure(trainingRows), items.Ids.Count, new TaskTargets(training, BehaviourTask.Default).Means(), options.Upstream);
        var upstreamLearner = new MultiTaskLearner(
            BehaviourTask.Default,
            [.. BehaviourTask.Default.Select(_ => 1f)],
            new ViewSampler(1, 0),
            new Fitter(options.UpstreamFit, progress, cancellation),
            options.Seed);
        upstreamLearner.Fit("upstream task scores", upstream, trainingRows, Dev(training, user => halves.Of(user) == 0));

        var learner = new ResponseLearner(options, progress, cancellation);
        var (trainingResponses, trainingReport) = Responses("responses of training users", training, trainingRows, 0);
        var (evaluationResponses, evaluationReport) = Responses("responses of evaluation users", evaluation, evaluationRows, 1);

        progress?.Report(new FitProgress("sessions", 0));
        var scores = upstreamLearner.Predict(upstream, trainingRows, ResponseLearner.TrainView);
        var correlations = FutureDwell.Correlations(training, BehaviourTask.Default, options.DwellHorizon);
        var trainingStarts = new SessionStarts(new ImpressionExamples(training, schema, _ => items, data.Users, none));
        var sessions = options.Sessions;
        var tasks = BehaviourTask.Default.Select((task, k) => task.Definition(scores.Where((_, place) => place % BehaviourTask.Default.Count == k).Average())).ToArray();
        var state = new FusionState(trainingRows);
        var world = new KuaiRandWorld(
            state,
            upstream,
            new ItemPool(items, data.Train, upstream, state, sessions.PopularityShare, options.Seed),
            tasks,
            new KuaiRandRewards(1, new float[ResponseLayout.Names.Length - 1]),
            1,
            new HistoryActions(schema.History, training));
        var trajectory = (double)(data.Train.Count + data.Dev.Count) / data.Train.Users.Count;
        var watchScale = sessions.WatchScale ?? SessionLength.Calibrate(world, trainingStarts, trainingResponses, sessions, trajectory, options.Seed);
        var weights = FixedPolicy.RewardWeights(BehaviourTask.Default, correlations);
        world = world with
        {
            Rewards = new KuaiRandRewards(watchScale, KuaiRandRewards.BehaviourWeights(training, weights, watchScale)),
            StartScale = sessions.StartScale ?? (KuaiRandSessionOptions.StartRatio * watchScale),
        };
        progress?.Report(new FitProgress("sessions", 1));

        return new KuaiRandSimulator(world, trainingResponses, evaluationResponses, trainingStarts, new SessionStarts(evaluationRows), sessions)
        {
            Features = features.Definitions,
            Schema = schema,
            Items = items,
            TaskScoreSample = scores,
            RewardWeights = weights,
            Report = new KuaiRandSimulatorReport(trainingReport, evaluationReport, trajectory, world.Rewards, world.StartScale, correlations),
        };

        ImpressionExamples Dev(ImpressionLog before, Func<string, bool> users) =>
            new(data.Dev.OfUsers(users), schema, _ => items, data.Users, EarlierEvents.After(none, before));

        (ResponseModel Model, ResponseModelReport Report) Responses(string stage, ImpressionLog log, ImpressionExamples rows, int half)
        {
            var held = Dev(log, user => halves.Of(user) == half && calibrating.Of(user) == 0);
            var model = learner.Fit(stage, rows, held);
            var evaluated = Dev(log, user => halves.Of(user) == half && calibrating.Of(user) == 1);
            return (model, ResponseModelReport.Of(stage, model, rows, evaluated, ResponseLearner.LaterView));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Training.Dispose();
        Evaluation.Dispose();
        _trainingResponses.Dispose();
        _evaluationResponses.Dispose();
        _world.Dispose();
    }
}

/// <summary>What was fitted, and how well.</summary>
/// <param name="Training">The training users' responses.</param>
/// <param name="Evaluation">The evaluation users' responses.</param>
/// <param name="MeanTrajectory">Mean impressions of a user in the training and the dev log together.</param>
/// <param name="Rewards">The rewards.</param>
/// <param name="StartScale">Seconds watched in the log that are a satisfaction of 1 at the start.</param>
/// <param name="DwellCorrelations">Correlation of each task's behaviour with the user's future dwell [K].</param>
public sealed record KuaiRandSimulatorReport(
    ResponseModelReport Training,
    ResponseModelReport Evaluation,
    double MeanTrajectory,
    KuaiRandRewards Rewards,
    double StartScale,
    IReadOnlyList<double> DwellCorrelations)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(Training.ToString()).AppendLine(Evaluation.ToString());
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"a user's trajectory {MeanTrajectory:F2} impressions; reward 1 = {Rewards.WatchScale:F1} s; start 1 = {StartScale:F1} s");
        text.Append("behaviours: ").AppendJoin(", ", ResponseLayout.Names.Zip(Rewards.Behaviours, (name, weight) => string.Create(CultureInfo.InvariantCulture, $"{name} {weight:F4}")));
        text.Append("; correlation with future dwell: ").AppendJoin(", ", DwellCorrelations.Select(c => c.ToString("F3", CultureInfo.InvariantCulture)));
        return text.ToString();
    }
}
