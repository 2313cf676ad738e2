using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Environments;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.OffPolicy;

/// <summary>
/// Whether estimators order policies as the KuaiRand simulator does, as BatchRL-MTF's paper (arXiv 2208.04560) asks of its
/// Conservative-OPEstimator: a log of exploring policies among the evaluation users, estimates of other policies from it, and what those
/// policies earn there in truth.
/// </summary>
/// <param name="training">Users that policies are chosen with.</param>
/// <param name="evaluation">Users that policies are logged and graded with.</param>
/// <param name="effort">How much of everything.</param>
/// <param name="progress">Told of every stage.</param>
/// <param name="cancellation">Ends the work between two steps.</param>
internal sealed class SimulatorCorrelation(
    IEnvironment training, IEnvironment evaluation, CorrelationEffort effort, IProgress<FitProgress> progress, CancellationToken cancellation)
{
    /// <summary>The folder under the data.</summary>
    public const string Folder = "kuairand-pure";

    private const int TrainingSeed = 11;
    private const int LogSeed = 101;
    private const int TruthSeed = 1001;
    private const int Constants = 8;
    private const double RandomDeviation = 0.5;
    private const double Discount = 1;

    private static readonly string[] Estimators = ["Conservative-OPE", "FQE", "per-decision NCIS", "trajectory NCIS", "SNIPS of a step's reward"];

    private readonly UserBootstrap _bootstrap = new(1, UserBootstrap.Published);

    /// <summary>What a reader of its tables must know.</summary>
    public static IReadOnlyList<string> Notes { get; } =
    [
        "KuaiRand simulator: policies are constants chosen by rank among random ones on the training users, fixed weights, policies that lean with the "
        + "state at random, and policies learned from training users (a search for the best constant, BatchRL-MTF, UnifiedRL). The log is of the evaluation "
        + "users: half of its sessions Gaussian at random (deviation 0.5), half around the fixed weights (deviation 0.1). The truth is the mean "
        + "return of a session, not discounted, of other sessions among the same users; so gamma is 1 for all estimators, where the papers have 0.95: "
        + "sessions end after 50 steps at the latest.",
        "KuaiRand simulator: all policies' critics are fitted side by side, from the same weights on the same batches. Steps, rate and widths are the budget's "
        + "own; the rate is 1e-3, the published one 1e-4.",
        "KuaiRand simulator: NCIS and SNIPS take the deterministic policies for a Gaussian kernel around them, as wide as the random exploration (0.5 a dimension): "
        + "wider ones have weights without bounds, narrower ones meet fewer rows still. Even so the product over dimensions and steps "
        + "leaves few sessions to weigh: read the effective sample size first.",
        "KuaiRand simulator: the interval of a correlation is a bootstrap over the policies.",
    ];

    /// <summary>Fits the simulator and compares.</summary>
    public static (IReadOnlyList<ReportTable> Tables, IReadOnlyList<Plot> Plots) Run(
        string folder, CorrelationEffort effort, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        using var simulator = KuaiRandSimulator.Fit(folder, effort.Simulator, progress, cancellation);
        var weights = FixedPolicy.FromRewardWeights(
            FusionFormula.LogSum, simulator.Tasks, simulator.RewardWeights, simulator.NegativeTasks, simulator.TaskScoreSample);
        var actions = new FusionActions(FusionTable.Wider(weights.Fusion), simulator.Tasks.Count);
        return new SimulatorCorrelation(simulator.Training, simulator.Evaluation, effort, progress, cancellation)
            .Compare(actions, actions.FromReal(weights.Action));
    }

    /// <summary>Compares over policies of a formula.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="baseline">The action of fixed weights [A], each dimension in [-1, 1].</param>
    public (IReadOnlyList<ReportTable> Tables, IReadOnlyList<Plot> Plots) Compare(FusionActions actions, IReadOnlyList<float> baseline)
    {
        var policies = Policies(actions, baseline);
        try
        {
            using var log = Log(actions, baseline);
            var grading = new PolicyEvaluation(evaluation, effort.TruthSessions, TruthSeed);
            var conservative = FittedQ(log, policies, FittedQOptions.Conservative);
            var plain = FittedQ(log, policies, FittedQOptions.Plain);
            var rows = new List<Comparison>();
            foreach (var (name, policy) in policies)
            {
                cancellation.ThrowIfCancellationRequested();
                var truth = grading.Of(policy).Return(_bootstrap);
                rows.Add(new Comparison(name, truth, [conservative[rows.Count], plain[rows.Count], .. Weighted(log, policy)]));
                progress.Report(new FitProgress("policies", rows.Count / (double)policies.Count, name));
            }

            return ([Values(rows), Correlations(rows)], [.. Scatter(rows)]);
        }
        finally
        {
            policies.ForEach(policy => policy.Policy.Dispose());
        }
    }

    // By policy, then by seed.
    private OffPolicyEstimate[][] FittedQ(TransitionLog log, List<(string Name, IActionPolicy Policy)> policies, FittedQOptions options)
    {
        var bySeed = Enumerable.Range(1, effort.Seeds).Select(seed => new FittedQEvaluation(options with
        {
            Seed = seed,
            Steps = effort.Steps,
            BatchSize = effort.BatchSize,
            LearningRate = effort.LearningRate,
            Hidden = effort.Hidden,
            Discount = Discount,
        }).Evaluate(log, [.. policies.Select(policy => Choice(policy.Policy))], _bootstrap, progress, cancellation)).ToArray();
        return [.. policies.Select((_, policy) => bySeed.Select(estimates => estimates[policy]).ToArray())];
    }

    private static Func<Tensor, Tensor> Choice(IActionPolicy policy) => state => policy.Act(new Observation(state, ones(state.shape[0]))).squeeze(1).expand(state.shape[0], -1);

    private List<(string Name, IActionPolicy Policy)> Policies(FusionActions actions, IReadOnlyList<float> baseline)
    {
        var random = new Random(TrainingSeed);
        var grading = new PolicyEvaluation(training, effort.CandidateSessions, TrainingSeed);
        var constants = new List<(float[] Action, double Return)>();
        for (var i = 0; i < effort.Candidates; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            float[] action = [.. Enumerable.Range(0, actions.Width).Select(_ => (float)((2 * random.NextDouble()) - 1))];
            using var policy = new ConstantPolicy("constant", actions, action);
            constants.Add((action, grading.Of(policy).Returns.Average()));
            progress.Report(new FitProgress("constants on the training users", (i + 1.0) / effort.Candidates));
        }

        constants.Sort((one, other) => one.Return.CompareTo(other.Return));
        var best = constants[^1].Action;
        var width = evaluation.Shape.StateWidth;
        return
        [
            .. Enumerable.Range(0, Constants).Select(i => i * (effort.Candidates - 1) / (Constants - 1)).Select(rank =>
                ($"constant, rank {effort.Candidates - rank} of {effort.Candidates}", (IActionPolicy)new ConstantPolicy("constant", actions, constants[rank].Action))),
            ("fixed weights", new ConstantPolicy("fixed", actions, baseline)),
            ("fixed weights, leaning 0.5", new LinearPolicy(actions, baseline, width, 0.5, 1)),
            ("fixed weights, leaning 2", new LinearPolicy(actions, baseline, width, 2, 2)),
            ("best constant, leaning 0.5", new LinearPolicy(actions, best, width, 0.5, 3)),
            ("best constant, leaning 2", new LinearPolicy(actions, best, width, 2, 4)),
            ("leaning 2 from the middle", new LinearPolicy(actions, new float[actions.Width], width, 2, 5)),
            .. Learned(actions, baseline),
        ];
    }

    // On training users, briefly: good policies to tell from the others, not the best that the algorithms can do.
    private IEnumerable<(string Name, IActionPolicy Policy)> Learned(FusionActions actions, IReadOnlyList<float> baseline)
    {
        var search = new CrossEntropyOptions { Rounds = 5, Population = 12, Sessions = effort.CandidateSessions };
        var constant = new CrossEntropy(search, progress).Fit(training, actions, baseline, TrainingSeed, cancellation);
        yield return ("best constant (CEM)", constant);

        var collector = new LogCollector(training);
        using (var random = collector.Collect(constant, new Exploration.AtRandom((float)RandomDeviation), effort.LogSessions / 2, TrainingSeed))
        using (var around = collector.Collect(constant, new Exploration.Gaussian(), effort.LogSessions / 2, TrainingSeed + 1))
        using (var log = FusionLog.Join([random, around]))
        {
            var batch = new BatchRlOptions { CriticRate = 1e-3, PerturbationRate = 1e-3, TargetEvery = 3, Hidden = [64, 32], BatchSize = 128 };
            yield return ("BatchRL-MTF", Policy(new BatchRl(log, actions, batch), "BatchRL-MTF"));
        }

        using var bounded = collector.Collect(constant, new Exploration.Bounded(), effort.LogSessions, TrainingSeed + 2);
        var unified = new UnifiedRlOptions { ActorRate = 1e-3, TargetEvery = 3, CriticWarmUp = effort.Updates / 2, Hidden = [64, 32], BatchSize = 128 };
        var learner = new UnifiedRl(actions, training.Shape.StateWidth, training.Shape.Rewards.Count, unified);
        learner.Use(bounded);
        yield return ("UnifiedRL, one round", Policy(learner, "UnifiedRL"));

        IActionPolicy Policy(IFusionLearner learner, string stage)
        {
            using var owned = learner;
            return FusionTraining.Run(owned, effort.Updates, stage, progress, cancellation: cancellation);
        }
    }

    private TransitionLog Log(FusionActions actions, IReadOnlyList<float> baseline)
    {
        using var policy = new ConstantPolicy("fixed", actions, baseline);
        var collector = new LogCollector(evaluation);
        progress.Report(new FitProgress("log of the evaluation users", 0));
        using var random = collector.Collect(policy, new Exploration.AtRandom((float)RandomDeviation), effort.LogSessions / 2, LogSeed);
        using var around = collector.Collect(policy, new Exploration.Gaussian(), effort.LogSessions / 2, LogSeed + 1);
        progress.Report(new FitProgress("log of the evaluation users", 1));
        using var log = FusionLog.Join([random, around]);
        return TransitionLog.Of(log, [.. Enumerable.Repeat(1f, evaluation.Shape.Rewards.Count)]);
    }

    // Estimators that weigh the log's rows; each as the one seed there is.
    private OffPolicyEstimate[][] Weighted(TransitionLog log, IActionPolicy policy)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var sessions = log.Sessions(new ActionKernel(RandomDeviation).LogDensity(log.Action, Choice(policy)(log.State)));
        var estimators = new SessionEstimators(sessions, _bootstrap, Discount);
        return [[estimators.PerDecisionNcis()], [estimators.TrajectoryNcis()], [new DecisionEstimators(sessions.Decisions(), _bootstrap).Snips()]];
    }

    private static ReportTable Values(IReadOnlyList<Comparison> rows) => new(
        "simulatorValues",
        "KuaiRand simulator: a session's return, estimated from one log and in truth",
        "policy",
        ["truth", .. Estimators, "effective sample size of NCIS (sessions)", "of SNIPS (steps)"],
        [
            .. rows.OrderByDescending(row => row.Truth.Value).Select(row => new ReportRow(
                row.Policy,
                [
                    ReportCell.Of(row.Truth),
                    .. row.Estimates.Select(estimates => (ReportCell?)ReportCell.Of(
                        estimates[0].Value, estimates.Length > 1 ? [.. estimates.Select(estimate => estimate.Value.Value)] : null)),
                    new ReportCell(row.Estimates[2][0].EffectiveSampleSize),
                    new ReportCell(row.Estimates[4][0].EffectiveSampleSize),
                ])),
        ]);

    private static ReportTable Correlations(IReadOnlyList<Comparison> rows) => new(
        "simulatorCorrelation",
        $"KuaiRand simulator: rank correlation of the estimate with the truth over {rows.Count} policies",
        "estimator",
        ["Spearman"],
        [.. Estimators.Select((estimator, i) => new ReportRow(estimator, [Correlation(rows, i)]))]);

    // Of the first seed with its interval over policies, and of every seed.
    private static ReportCell? Correlation(IReadOnlyList<Comparison> rows, int estimator)
    {
        double[] truths = [.. rows.Select(row => row.Truth.Value)];
        var bySeed = Enumerable.Range(0, rows[0].Estimates[estimator].Length)
            .Select(seed => rows.Select(row => row.Estimates[estimator][seed].Value.Value).ToArray())
            .ToArray();
        if (bySeed.Any(values => values.Any(double.IsNaN)))
            return null;
        var interval = new UserBootstrap(1, UserBootstrap.Published).Interval(rows.Count, counts =>
        {
            var (x, y) = (new List<double>(), new List<double>());
            for (var policy = 0; policy < counts.Length; policy++)
            {
                x.AddRange(Enumerable.Repeat(truths[policy], counts[policy]));
                y.AddRange(Enumerable.Repeat(bySeed[0][policy], counts[policy]));
            }

            return Spearman.Of([.. x], [.. y]);
        });
        return ReportCell.Of(interval, bySeed.Length > 1 ? [.. bySeed.Select(values => Spearman.Of(values, truths))] : null);
    }

    private static IEnumerable<Plot> Scatter(IReadOnlyList<Comparison> rows)
    {
        var ordered = rows.OrderBy(row => row.Truth.Value).ToArray();
        double[] truths = [.. ordered.Select(row => row.Truth.Value)];
        yield return new LinePlot(
            "Estimated return of a session over the true one",
            "true return of a session",
            "estimate",
            [
                new Series("truth", truths, truths, [.. ordered.Select(row => row.Truth.Low)], [.. ordered.Select(row => row.Truth.High)]),
                .. Estimators.Take(2).Select((estimator, i) => new Series(
                    estimator,
                    truths,
                    [.. ordered.Select(row => row.Estimates[i][0].Value.Value)],
                    [.. ordered.Select(row => row.Estimates[i][0].Value.Low)],
                    [.. ordered.Select(row => row.Estimates[i][0].Value.High)])),
            ]);
    }

    /// <summary>One policy.</summary>
    /// <param name="Policy">Its name.</param>
    /// <param name="Truth">Its mean return.</param>
    /// <param name="Estimates">By estimator, then by seed.</param>
    private sealed record Comparison(string Policy, Estimate Truth, OffPolicyEstimate[][] Estimates);
}

/// <summary>How much <see cref="SimulatorCorrelation"/> does of everything.</summary>
internal sealed record CorrelationEffort
{
    /// <summary>Ends within six minutes of one core, the simulator's fit included.</summary>
    public static readonly CorrelationEffort Quick = new()
    {
        Simulator = new KuaiRandSimulatorOptions { UserShare = 0.3 },
        Candidates = 24,
        CandidateSessions = 100,
        LogSessions = 2000,
        TruthSessions = 800,
        Updates = 500,
        Steps = 1000,
    };

    /// <summary>Figures to quote.</summary>
    public static readonly CorrelationEffort Full = new()
    {
        Simulator = new KuaiRandSimulatorOptions(),
        Candidates = 40,
        CandidateSessions = 400,
        LogSessions = 10_000,
        TruthSessions = 5000,
        Updates = 3000,
        Steps = 5000,
    };

    /// <summary>The simulator.</summary>
    public required KuaiRandSimulatorOptions Simulator { get; init; }

    /// <summary>Random constants, of which some are compared.</summary>
    public required int Candidates { get; init; }

    /// <summary>Sessions that grade a constant, also in the search for the best.</summary>
    public required int CandidateSessions { get; init; }

    /// <summary>Sessions of the log, and of the logs that policies are learned from.</summary>
    public required int LogSessions { get; init; }

    /// <summary>Sessions that grade a policy.</summary>
    public required int TruthSessions { get; init; }

    /// <summary>Updates of a learned policy.</summary>
    public required int Updates { get; init; }

    /// <summary>K of both fitted Q evaluations.</summary>
    public required int Steps { get; init; }

    /// <summary>Fits of each.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Rows of a step.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Adam's rate, ours; the published one is 1e-4.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Widths of the critics.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 32];
}
