using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MentalReward.Choices;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Algorithms.Sac;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Environments;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Pipelines;
using static TorchSharp.torch;

namespace MTRec.Benchmarks;

/// <summary>A learner whose updates are timed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Sizes">What Python builds the same networks and batches from.</param>
/// <param name="Build">Makes it.</param>
/// <param name="References">Cases of <c>pytorch_updates.py</c> that do the same.</param>
internal sealed record LearnerCase(string Name, object Sizes, Func<RunningLearner> Build, params string[] References);

/// <summary>Some updates at a call.</summary>
internal sealed class RunningLearner(Action<int> update, params IDisposable[] owned) : IDisposable
{
    public void Update(int count) => update(count);

    public void Dispose()
    {
        foreach (var disposable in owned)
            disposable.Dispose();
    }
}

/// <summary>The learners, at the sizes that they are trained with.</summary>
internal static class Learners
{
    public static IEnumerable<LearnerCase> All =>
    [
        Perceptron(64),
        Perceptron(256),
        Perceptron(4096),
        BatchRlMtf,
        UnifiedRlMtf,
        EnhancedRlMtf,
        OffPolicy("td3", new() { ["hidden"] = Wide, ["discount"] = 0.99 }, log => new Td3(log, Actions, new Td3Options())),
        OffPolicy("cql-sac", new() { ["hidden"] = Wide, ["discount"] = 0.99, ["samples"] = 10, ["conservatism"] = 5 }, log => new CqlSac(log, Actions, new CqlSacOptions())),
        OffPolicy("iql", new() { ["hidden"] = Wide, ["discount"] = 0.99, ["expectile"] = 0.7, ["inverseTemperature"] = 3 }, log => new Iql(log, Actions, new IqlOptions())),
        Sac,
        QrIql,
        Mmoe,
    ];

    // A list of five items with eight task scores; the power product has two dimensions of the action a task.
    private const int Rows = 20_000;
    private const int Session = 10;
    private const int State = 48;
    private const int List = 5;
    private const int Item = 16;
    private const int Tasks = 8;
    private const int Groups = 2;
    private const int PassedOver = 5;
    private const double PassedOverWeight = 19;

    private static readonly int[] Wide = [256, 256];

    private static FusionActions Actions => new(
        new FusionSection(
            FusionFormula.PowerProduct, "benchmark",
            [.. Enumerable.Range(0, 2 * Tasks).Select(i => i < Tasks ? new ActionDimension($"{i}.power", 0, 2) : new ActionDimension($"{i}.bias", 0.01f, 1))]),
        Tasks);

    private static LearnerCase BatchRlMtf
    {
        get
        {
            var options = new BatchRlOptions();
            return new LearnerCase(
                "batchrl-mtf",
                new { Rows, State, List, Item, Tasks, Action = 2 * Tasks, Groups, Session, Batch = options.BatchSize, options.Hidden, options.Samples },
                () => OfLog(Log(perItem: false), log => new BatchRl(log, Actions, options)),
                "batchrl-mtf");
        }
    }

    private static LearnerCase UnifiedRlMtf
    {
        get
        {
            var options = new UnifiedRlOptions();
            return new LearnerCase(
                "unified-rl",
                new { Rows, State, List, Item, Tasks, Action = 2 * Tasks, Groups, Session, Batch = options.BatchSize, options.Hidden, options.Critics, options.CriticHidden },
                () => OfLog(Log(perItem: false), log => Using(log, new UnifiedRl(Actions, State, Groups, options))),
                "unified-rl, list of critics",
                "unified-rl, batched critics");
        }
    }

    private static LearnerCase EnhancedRlMtf
    {
        get
        {
            var options = new EnhancedRlOptions { CriticWarmUp = 0 };
            return new LearnerCase(
                "enhanced-rl",
                new
                {
                    Rows,
                    State,
                    List,
                    Item,
                    Tasks,
                    Action = 2 * Tasks,
                    Groups,
                    Session,
                    Batch = options.BatchSize,
                    options.Critics,
                    options.CriticHidden,
                    Shared = options.SharedExperts,
                    options.ExpertWidth,
                    PerItem = true,
                    Passed = PassedOver,
                    PassedWeight = PassedOverWeight,
                },
                () => OfLog(Log(perItem: true), log => Using(log, new EnhancedRl(Actions, State, Item, Groups, options))),
                "enhanced-rl, list of critics",
                "enhanced-rl, batched critics");
        }
    }

    private static LearnerCase OffPolicy(string name, Dictionary<string, object> sizes, Func<FusionLog, IFusionLearner> make)
    {
        var all = new Dictionary<string, object>(sizes)
        {
            ["rows"] = Rows,
            ["state"] = State,
            ["list"] = List,
            ["item"] = Item,
            ["tasks"] = Tasks,
            ["action"] = 2 * Tasks,
            ["groups"] = Groups,
            ["session"] = Session,
            ["batch"] = 256,
        };
        return new LearnerCase(name, all, () => OfLog(Log(perItem: false), make), name);
    }

    private static IProgressiveLearner Using(FusionLog log, IProgressiveLearner learner)
    {
        learner.Use(log);
        return learner;
    }

    private static RunningLearner OfLog(FusionLog log, Func<FusionLog, IFusionLearner> make)
    {
        var learner = make(log);
        return new RunningLearner(Each(() => learner.Update()), learner, log);
    }

    private static FusionLog Log(bool perItem)
    {
        var actions = perItem ? List : 1;
        var step = arange(Rows, ScalarType.Int64).remainder(Session);
        var rewards = randn(Rows, List, Groups);
        return new FusionLog
        {
            State = randn(Rows, State),
            Items = randn(Rows, List, Item),
            TaskScores = rand(Rows, List, Tasks),
            Action = (rand(Rows, actions, 2 * Tasks) * 0.3) - 0.15,
            Baseline = zeros(Rows, actions, 2 * Tasks),
            LogDensity = zeros(Rows, actions),
            Rewards = rewards.sum(1L),
            ItemRewards = rewards,
            Responses = zeros(Rows, List, 1),
            Next = where(step.eq(Session - 1), full_like(step, -1), arange(1, Rows + 1, ScalarType.Int64)),
            Session = arange(Rows, ScalarType.Int64).div(Session, RoundingMode.floor),
            Step = step,
            LowerBound = full(2 * Tasks, -0.15f),
            UpperBound = full(2 * Tasks, 0.15f),
            PassedOver = perItem
                ? new PassedOver(randn(Rows, PassedOver, Item), rand(Rows, PassedOver, Tasks), zeros(Rows, PassedOver, 2 * Tasks), PassedOverWeight)
                : null,
        };
    }

    private static LearnerCase Sac => new(
        "sac",
        new { Rows = 20_000, State = 89, Action = 27, Hidden = new[] { 128, 128 }, Batch = 256 },
        () =>
        {
            var options = new SacOptions { Width = 128, Replay = 20_000 };
            var learner = new Sac(options, new NoUsers(new EnvironmentShape("none", 89, 27, ["reward"], 1)), (_, _, outcome) => outcome.Rewards, seed: 1);
            var replay = new ReplayBuffer(20_000, 89, 27);
            using (NewDisposeScope())
                replay.Add(arange(20_000, ScalarType.Int64), new Replayed(randn(20_000, 89), (rand(20_000, 27) * 2) - 1, randn(20_000), randn(20_000, 89), rand(20_000).lt(0.1).to_type(ScalarType.Float32)));
            return new RunningLearner(Each(() => learner.Update(replay.Draw(256))), learner, replay);
        },
        "sac");

    private static LearnerCase QrIql => new(
        "qr-iql",
        new { Rows = 20_000, State = 64, Quantiles = 10, Hidden = new[] { 64, 64 }, Batch = 512, Session = 10 },
        () =>
        {
            var next = Enumerable.Range(1, 20_000).Select(row => row % 10 == 0 ? -1L : row).ToArray();
            var log = new ChoiceLog
            {
                State = randn(20_000, 64),
                Action = rand(20_000).lt(0.3).to_type(ScalarType.Int64),
                Next = tensor(next),
                Hidden = new Dictionary<string, float[]>(),
            };
            return new RunningLearner(updates => new ChoiceIql(new QrIqlOptions(), new ChoiceFit { Steps = updates }, seed: 1).Fit(log).Dispose(), log);
        },
        "qr-iql");

    // A batch as KuaiRand's features make it, the same in every update: the assembling of examples is not timed.
    private static LearnerCase Mmoe
    {
        get
        {
            var (backbone, experts, fit) = (new BackboneOptions(), new MmoeOptions(), new FitOptions());
            var sizes = new
            {
                Batch = fit.BatchSize,
                Shown = 20,
                History = 50,
                Items = 7500,
                Tasks = BehaviourTask.Default.Count,
                Actions = DefaultBundle.HistoryActions.Count,
                ContextCodes = new[] { 24, 7, 15 },
                UserNumbers = 4,
                UserCodes = Enumerable.Repeat(20, 22).ToArray(),
                ItemNumbers = 9,
                ItemCodes = new[] { 20, 4, 10, 60 },
                Embedding = backbone.EmbeddingSize,
                ItemEmbedding = backbone.ItemEmbeddingSize,
                backbone.ItemWidth,
                backbone.EventWidth,
                backbone.ItemDropout,
                backbone.Dropout,
                experts.Experts,
                experts.ExpertWidth,
                experts.TowerWidth,
                ExpertDropout = experts.Dropout,
            };
            FeatureDefinition[] features =
            [
                .. Features(FeatureKind.Context, 0, sizes.ContextCodes),
                .. Features(FeatureKind.User, sizes.UserNumbers, sizes.UserCodes),
                .. Features(FeatureKind.Item, sizes.ItemNumbers, sizes.ItemCodes),
            ];
            return new LearnerCase("mmoe", sizes, Build, "mmoe");

            RunningLearner Build()
            {
                var schema = new FeatureSchema(features, new HistoryLayout(sizes.History, DefaultBundle.HistoryActions));
                var statistics = new BackboneStatistics(Unit(schema.Context), Unit(schema.User), Unit(schema.Item));
                var model = new UpstreamModel(
                    BehaviourTask.Default, [.. BehaviourTask.Default.Select(_ => 0.5f)], new Backbone(schema, statistics, sizes.Items, backbone), experts);
                var history = cat(
                    [
                        ones(sizes.Batch, sizes.Shown, 1),
                        rand(sizes.Batch, sizes.Shown, 2) * 1000,
                        rand(sizes.Batch, sizes.Shown, sizes.Actions).lt(0.2).to_type(ScalarType.Float32),
                        FeatureRows(sizes.Items, schema.Item, sizes.Batch, sizes.Shown),
                    ],
                    -1);
                var batch = new FeatureBatch(
                    FeatureRows(null, schema.Context, sizes.Batch), FeatureRows(null, schema.User, sizes.Batch), history, FeatureRows(sizes.Items, schema.Item, sizes.Batch));
                var labels = rand(sizes.Batch, sizes.Tasks).lt(0.2).to_type(ScalarType.Float32);
                var (known, weights) = (ones(sizes.Batch, sizes.Tasks), ones(sizes.Tasks));
                return new RunningLearner(
                    updates => new Fitter(fit with { Epochs = 1 }, null, default).Fit(
                        "mmoe", model, 1, () => [.. Enumerable.Repeat(new int[sizes.Batch], updates)], _ => Loss(), () => 0),
                    model, batch.Context, batch.User, batch.History, batch.Candidates, labels, known, weights);

                Tensor Loss() => MultiTaskLearner.Loss(model.call(batch), labels, known, weights);
            }
        }
    }

    private static IEnumerable<FeatureDefinition> Features(FeatureKind kind, int numbers, int[] codes) =>
    [
        .. Enumerable.Range(0, numbers).Select(i => new FeatureDefinition($"number{i}", kind, FeatureType.Numeric, 0, -1000, 1000)),
        .. codes.Select((size, i) => new FeatureDefinition($"code{i}", kind, FeatureType.Categorical, 0, 0, size - 1)),
    ];

    private static NumericStatistics[] Unit(IReadOnlyList<FeatureDefinition> features) => [.. features.Select(_ => new NumericStatistics(false, 0, 1))];

    // Random rows of features; of an item's, the first column is its index.
    private static Tensor FeatureRows(int? items, IReadOnlyList<FeatureDefinition> features, params long[] rows)
    {
        var columns = features.Select(feature => feature.Type == FeatureType.Numeric ? randn(rows) : Codes(feature.Size));
        return stack([.. items is { } count ? columns.Prepend(Codes(count)) : columns], -1);

        Tensor Codes(int size) => randint(0, size, rows).to_type(ScalarType.Float32);
    }

    private static LearnerCase Perceptron(int batch) => new(
        $"perceptron, batch {batch}",
        new { Widths = new[] { 64, 128, 64, 32 }, Batch = batch },
        () =>
        {
            var network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 32));
            var optimizer = optim.Adam(network.parameters(), 1e-3);
            var (x, y) = (randn(batch, 64), randn(batch, 32));
            return new RunningLearner(
                Each(() =>
                {
                    optimizer.zero_grad();
                    nn.functional.mse_loss(network.call(x), y).backward();
                    optimizer.step();
                }),
                network, optimizer, x, y);
        },
        "perceptron");

    private static Action<int> Each(Action update) => count =>
    {
        for (var i = 0; i < count; i++)
        {
            using var scope = NewDisposeScope();
            update();
        }
    };

    // The learner's updates are timed, not the playing.
    private sealed class NoUsers(EnvironmentShape shape) : IEnvironment
    {
        public EnvironmentShape Shape => shape;

        public Observation Reset(int sessions, int seed) => throw new NotSupportedException();

        public Outcome Advance(Tensor action) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
