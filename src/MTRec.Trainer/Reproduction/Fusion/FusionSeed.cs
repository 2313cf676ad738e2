using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.BayesianOptimisation;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.EvolutionStrategy;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>
/// One seed of the fusion table: collects logs of training users, learns every row, grades it on evaluation users. The seed decides the logs,
/// the trainings and the evaluation's users and chance, the same for all rows. The policy that is served while logs are collected, around which
/// all offline learners' logs are, is the best constant action: what a team has before it learns policies.
/// </summary>
/// <param name="simulator">The users.</param>
/// <param name="first">The fixed weights, where the search for the best constant begins.</param>
/// <param name="budget">What it may spend.</param>
/// <param name="seed">The seed.</param>
/// <param name="progress">Told of every step.</param>
/// <param name="cancellation">Ends it.</param>
internal sealed class FusionSeed(
    KuaiRandSimulator simulator, ConstantPolicy first, FusionBudget budget, int seed, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    /// <summary>Labels of the rows, in the table's order.</summary>
    public static readonly IReadOnlyList<string> Rows =
    [
        Random, Published, Fixed, Bayesian, Constant, Evolution, XmtfRow, IqlRow, CqlRow, Td3Row, BatchRlRow, UnifiedRow, EnhancedRow, Outline, OneAction, EveryItem,
    ];

    /// <summary>The rows that know what no learner can.</summary>
    public static readonly IReadOnlySet<string> Oracles = new HashSet<string> { OneAction, EveryItem };

    /// <summary>The fixed weights' row.</summary>
    public const string Fixed = "fixed weights";

    /// <summary>The best constant action's row.</summary>
    public const string Constant = "best constant (CEM)";

    /// <summary>TD3's row.</summary>
    public const string Td3Row = "TD3";

    /// <summary>BatchRL-MTF's row.</summary>
    public const string BatchRlRow = "BatchRL-MTF";

    /// <summary>UnifiedRL's row.</summary>
    public const string UnifiedRow = "UnifiedRL";

    /// <summary>EnhancedRL's row.</summary>
    public const string EnhancedRow = "EnhancedRL";

    private const string Random = "random order";
    private const string Published = "X's published weights";
    private const string Bayesian = "Bayesian optimisation";
    private const string Evolution = "evolution strategy";
    private const string XmtfRow = "xMTF";
    private const string IqlRow = "IQL";
    private const string CqlRow = "CQL+SAC";
    private const string Outline = "EnhancedRL, outline";
    private const string OneAction = "oracle, an action a request";
    private const string EveryItem = "oracle, any order";
    private const int Points = 5;

    private readonly PolicyEvaluation _grading = new(simulator.Evaluation, budget.EvaluationSessions, EvaluationSeed(seed));
    private readonly PolicyEvaluation _curve = new(simulator.Evaluation, budget.CurveSessions, EvaluationSeed(seed) + 1);
    private readonly List<FusionOutcome> _outcomes = [];

    /// <summary>The impressions that MTF-GAUC is measured by; set by <see cref="Run"/>.</summary>
    public HeldOutImpressions HeldOut { get; private set; } = new([], [], []);

    /// <summary>Mean discounted return of the shared log: what Q of its actions should be near.</summary>
    public double LoggedReturn { get; private set; }

    /// <summary>Learns and grades every row.</summary>
    public IReadOnlyList<FusionOutcome> Run()
    {
        using var heldOut = new LogCollector(simulator.Evaluation).Collect(first, new Exploration.AtRandom(), budget.EvaluationSessions, EvaluationSeed(seed) + 2);
        HeldOut = Impressions(heldOut);

        using (var random = new RandomOrder(seed))
            Grade(Random, random, heldOut);
        using (var published = PublishedWeights.Of(simulator.Tasks))
            Grade(Published, published, heldOut);
        Grade(Fixed, first, heldOut);
        var search = new CrossEntropyOptions { Rounds = budget.SearchRounds, Population = budget.SearchPopulation, Sessions = budget.SearchSessions };
        using var served = new CrossEntropy(search, progress).Fit(simulator.Training, first.Actions, first.Action, seed, cancellation);
        Grade(Constant, served, heldOut);

        // As many sessions each as that search; evolution goes on from its action.
        var bayes = new BayesianOptimisationOptions { Initial = budget.SearchPopulation, Rounds = (budget.SearchRounds - 1) * budget.SearchPopulation, Sessions = budget.SearchSessions };
        using (var optimised = new BayesianOptimisation(bayes, progress).Fit(simulator.Training, first.Actions, first.Action, seed, cancellation))
            Grade(Bayesian, optimised, heldOut);
        var evolution = new EvolutionStrategyOptions { Generations = budget.SearchRounds, Pairs = budget.SearchPopulation / 2, Sessions = budget.SearchSessions };
        using (var evolved = new EvolutionStrategy(evolution, progress).Fit(simulator.Training, first.Actions, served.Action, seed, cancellation))
            Grade(Evolution, evolved, heldOut);

        var rounds = budget.Rounds;
        var cells = new XmtfOptions
        {
            Rounds = rounds,
            Sessions = budget.Sessions / rounds,
            Outer = new Td3Options { Discount = budget.Discount, Updates = budget.Updates / rounds, Hidden = budget.Hidden, LearningRate = budget.ActorRate, BatchSize = budget.BatchSize },
            TransferUpdates = budget.Updates / rounds,
            Seed = seed,
        };
        using (var xmtf = new Xmtf(cells, progress).Fit(simulator.Training, simulator.NegativeTasks, cancellation))
            Grade(XmtfRow, xmtf, heldOut);

        FromOneLog(served, heldOut);
        Progressively(UnifiedRow, served, heldOut, perCandidate: false, () => new UnifiedRl(first.Actions, simulator.Training.Shape.StateWidth, Groups, UnifiedOptions));
        Progressively(EnhancedRow, served, heldOut, perCandidate: true, () => NewEnhanced(EnhancedRlCredit.Item, EnhancedRlObjective.Choice));
        Progressively(Outline, served, heldOut, perCandidate: true, () => NewEnhanced(EnhancedRlCredit.List, EnhancedRlObjective.Value));

        using (var oracle = new ActionOracle(simulator, served, seed))
            Grade(OneAction, oracle, null);
        using (var oracle = new ItemOracle(simulator))
            Grade(EveryItem, oracle, null);
        return _outcomes;
    }

    private int Groups => simulator.Training.Shape.Rewards.Count;

    private UnifiedRlOptions UnifiedOptions => new()
    {
        BatchSize = budget.BatchSize,
        ActorRate = budget.ActorRate,
        CriticRate = budget.CriticRate,
        TargetEvery = budget.TargetEvery,
        CriticWarmUp = budget.Updates / budget.Rounds / 2,
        Hidden = budget.Hidden,
        Seed = seed,
    };

    private static int EvaluationSeed(int seed) => 1_000_000 + (seed * 10);

    private EnhancedRl NewEnhanced(EnhancedRlCredit credit, EnhancedRlObjective objective) => new(
        first.Actions,
        simulator.Training.Shape.StateWidth,
        simulator.Training.Shape.CandidateWidth,
        Groups,
        new EnhancedRlOptions
        {
            BatchSize = budget.BatchSize,
            ActorRate = budget.ActorRate,
            CriticRate = budget.CriticRate,
            TargetEvery = budget.TargetEvery,
            CriticWarmUp = budget.Updates / budget.Rounds / 2,
            Credit = credit,
            Objective = objective,
            Seed = seed,
        });

    // As BatchRL-MTF collected: half of the users Gaussian at random, half around the policy that is served.
    private void FromOneLog(ConstantPolicy served, FusionLog heldOut)
    {
        var collector = new LogCollector(simulator.Training);
        progress.Report(new FitProgress("a log to learn from", 0));
        using var log = collector.CollectAtRandomAndAround(served, budget.Sessions / 2, budget.Sessions / 2, 10 * seed);
        using var scope = NewDisposeScope();
        LoggedReturn = log.Returns(budget.Discount).sum(-1).mean().item<float>();
        var scale = RewardScale.Weights(log, null)[0].item<float>();

        Learn(IqlRow, new Iql(log, first.Actions, new IqlOptions { Discount = budget.Discount, LearningRate = budget.ActorRate, Hidden = budget.Hidden, BatchSize = budget.BatchSize, Seed = seed }), scale, heldOut);
        Learn(CqlRow, new CqlSac(log, first.Actions, new CqlSacOptions { Discount = budget.Discount, ActorRate = budget.ActorRate, CriticRate = budget.CriticRate, Hidden = budget.Hidden, BatchSize = budget.BatchSize, Seed = seed }), scale, heldOut);
        Learn(Td3Row, new Td3(log, first.Actions, new Td3Options { Discount = budget.Discount, LearningRate = budget.ActorRate, Hidden = budget.Hidden, BatchSize = budget.BatchSize, Seed = seed }), scale, heldOut);
        var batch = new BatchRlOptions
        {
            Discount = budget.Discount,
            CriticRate = budget.CriticRate,
            PerturbationRate = budget.ActorRate,
            TargetEvery = budget.TargetEvery,
            Hidden = budget.Hidden,
            BatchSize = budget.BatchSize,
            Seed = seed,
        };
        Learn(BatchRlRow, new BatchRl(log, first.Actions, batch), scale, heldOut);
    }

    private void Learn(string row, IFusionLearner learner, double scale, FusionLog heldOut)
    {
        using var owned = learner;
        var curve = new List<(double, double)>();
        var q = new QCurve(scale);
        using var policy = FusionTraining.Run(
            learner,
            budget.Updates,
            row,
            progress,
            (update, value) =>
            {
                q.Add(update, value);
                if (update % Math.Max(1, budget.Updates / Points) != 0)
                    return;
                using var seen = learner.Snapshot();
                curve.Add((update, _curve.Of(seen).Returns.Average()));
            },
            cancellation: cancellation);
        Grade(row, policy, heldOut, curve, q.Points);
    }

    private void Progressively(string row, ConstantPolicy served, FusionLog heldOut, bool perCandidate, Func<IProgressiveLearner> create)
    {
        var collector = new LogCollector(simulator.Training, perCandidate: perCandidate, passedOver: perCandidate ? budget.PassedOver : 0);
        using var learner = create();
        var curve = new List<(double, double)>();
        var updates = budget.Updates / budget.Rounds;
        var training = new ProgressiveTraining(
            (policy, round) => collector.Collect(policy, new Exploration.Bounded(), budget.Sessions / budget.Rounds, (10 * seed) + round), budget.Rounds, updates);
        using var policy = training.Run(
            learner, served, row, progress, afterRound: (round, policy) => curve.Add(((round + 1) * updates, _curve.Of(policy).Returns.Average())), cancellation: cancellation);
        Grade(row, policy, heldOut, curve);
    }

    private void Grade(
        string row,
        IFusionPolicy policy,
        FusionLog? heldOut,
        IReadOnlyList<(double Updates, double Value)>? curve = null,
        IReadOnlyList<(double Updates, double Value)>? q = null)
    {
        cancellation.ThrowIfCancellationRequested();
        progress.Report(new FitProgress($"{row}: evaluation users", 0));
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var scores = heldOut is null ? null : policy.Score(new Observation(heldOut.State, ones(heldOut.Count), heldOut.TaskScores, heldOut.Items)).Floats();
        _outcomes.Add(new FusionOutcome(row, seed, _grading.Of(policy), scores, curve ?? [], q ?? []));
    }

    private HeldOutImpressions Impressions(FusionLog log)
    {
        using var scope = NewDisposeScope();
        var list = log.Items.shape[1];
        var watch = simulator.Evaluation.Shape.Responses.ToList().IndexOf(PolicyEvaluation.WatchSeconds);
        return new HeldOutImpressions(
            log.Responses.select(2, watch).Floats(),
            log.ItemRewards.sum(-1).clamp_min(0).Floats(),
            [.. log.Session.unsqueeze(1).expand(-1, list).flatten().data<long>().ToArray().Select(session => (int)session)]);
    }

    // Means over spans of updates, so that the curve shows the drift rather than the batches.
    private sealed class QCurve(double scale)
    {
        private const int Span = 50;

        private readonly List<(double, double)> _points = [];
        private double _sum;

        public IReadOnlyList<(double Updates, double Value)> Points => _points;

        public void Add(int update, double value)
        {
            _sum += value / scale;
            if (update % Span != 0)
                return;
            _points.Add((update, _sum / Span));
            _sum = 0;
        }
    }
}
