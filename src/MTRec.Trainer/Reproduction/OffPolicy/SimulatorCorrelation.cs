using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
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
/// Conservative-OPEstimator: a log of what is served and of exploration among the evaluation users, estimates of other policies from it, and what
/// those policies earn there in truth.
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
    private const int LogSeed = 201;
    private const int TruthSeed = 1001;
    private const int Constants = 8;
    private const double RandomDeviation = 0.5;
    private const double Undiscounted = 1;
    private const double BroadShare = 0.75;
    private const int Targets = 100;
    private const double Rate = 1e-3;
    private const int BatchSize = 128;
    private const string Constant = "constants";
    private const string Leaning = "leaning at random";
    private const string Learned = "learned";

    private static readonly string[] Estimators = ["Conservative-OPE", "Conservative-OPE, gamma 1", "FQE, gamma 1", "per-decision NCIS", "trajectory NCIS", "SNIPS of a step's reward"];

    private const int Ncis = 3;

    private readonly UserBootstrap _bootstrap = new(1, UserBootstrap.Published);

    // A sum for each of fifty steps, and little to see where so few sessions count.
    private readonly UserBootstrap _weighted = new(1);

    /// <summary>What a reader of its tables must know.</summary>
    public static IReadOnlyList<string> Notes { get; } =
    [
        "KuaiRand simulator: policies are constants (some by rank among random ones on the training users, the fixed weights, and the best of a search on the "
        + "training users), policies that lean with the state at random, and policies learned from training users. They were chosen before any estimate was made.",
        "KuaiRand simulator: the log is of the evaluation users: a quarter of its sessions around the best constant (deviation 0.1), which is what is served "
        + "before policies are learned, three quarters Gaussian at random (deviation 0.5), since policies far from what is served are judged too. "
        + "These shares, and which gamma stands first, were chosen on logs of other seeds than the ones reported, from the same users.",
        "KuaiRand simulator: the truth is the mean return of a session, not discounted, of other sessions among the same users. Conservative-OPE is taken with its "
        + "published gamma, 0.95, whose values are lower and compare in rank only, and with 1, like the truth; all others with 1: sessions end after 50 steps at the latest.",
        "KuaiRand simulator: a seed is another log of as many sessions and another fit of the critics; policies and truths are the same for all. The interval of a "
        + "correlation is a bootstrap over policies and seeds, so within a group of five or ten policies it is wide.",
        "KuaiRand simulator: all policies' critics are fitted side by side, from the same weights on the same batches. Steps, rate and widths are the budget's "
        + "own; the rate is 1e-3, the published one 1e-4. Plain FQE has a hundred targets, twice as many as the longest session has steps.",
        "KuaiRand simulator: NCIS and SNIPS take the deterministic policies for a Gaussian kernel around them, as wide as the random exploration (0.5 a dimension): "
        + "wider ones have weights without bounds, narrower ones meet fewer rows still. Even so the product over dimensions and steps "
        + "leaves few sessions to weigh: read the effective sample size first.",
    ];

    /// <summary>Fits the simulator and compares.</summary>
    public static (IReadOnlyList<ReportTable> Tables, IReadOnlyList<Plot> Plots) Run(
        string folder, CorrelationEffort effort, IProgress<FitProgress> progress, CancellationToken cancellation)
    {
        using var simulator = KuaiRandSimulator.Fit(folder, effort.Simulator, progress, cancellation);
        using var first = FusionTable.FixedWeights(simulator);
        return new SimulatorCorrelation(simulator.Training, simulator.Evaluation, effort, progress, cancellation)
            .Compare(first.Actions, first.Action);
    }

    /// <summary>Compares over policies of a formula.</summary>
    /// <param name="actions">The formula.</param>
    /// <param name="baseline">The action of fixed weights [A], each dimension in [-1, 1].</param>
    public (IReadOnlyList<ReportTable> Tables, IReadOnlyList<Plot> Plots) Compare(FusionActions actions, IReadOnlyList<float> baseline)
    {
        var search = new CrossEntropyOptions { Rounds = 5, Population = 12, Sessions = effort.CandidateSessions };
        var served = new CrossEntropy(search, progress).Fit(training, actions, baseline, TrainingSeed, cancellation);
        var policies = Policies(actions, baseline, served);
        try
        {
            var byLog = Enumerable.Range(0, effort.Seeds).Select(seed => Estimates(served, policies, seed)).ToArray();
            var grading = new PolicyEvaluation(evaluation, effort.TruthSessions, TruthSeed);
            var rows = new List<Comparison>();
            foreach (var judged in policies)
            {
                cancellation.ThrowIfCancellationRequested();
                var truth = grading.Of(judged.Policy).Return(_bootstrap);
                rows.Add(new Comparison(
                    judged.Group, judged.Name, truth, [.. Estimators.Select((_, i) => byLog.Select(estimates => estimates[i][rows.Count]).ToArray())]));
                progress.Report(new FitProgress("policies", rows.Count / (double)policies.Count, judged.Name));
            }

            return ([Values(rows), Correlations(rows)], [.. Scatter(rows)]);
        }
        finally
        {
            policies.ForEach(judged => judged.Policy.Dispose());
        }
    }

    // From one log and one fit of the critics: by estimator, then by policy.
    private OffPolicyEstimate[][] Estimates(ConstantPolicy served, List<Judged> policies, int seed)
    {
        using var log = Log(served, seed);
        var weighted = policies.Select(judged => Weighted(log, judged.Policy)).ToArray();
        return
        [
            FittedQ(log, policies, FittedQOptions.Conservative, seed),
            FittedQ(log, policies, FittedQOptions.Conservative with { Discount = Undiscounted }, seed),
            FittedQ(log, policies, FittedQOptions.Plain with { Discount = Undiscounted, TargetEvery = Math.Max(1, effort.Steps / Targets) }, seed),
            .. Enumerable.Range(0, weighted[0].Length).Select(i => weighted.Select(estimates => estimates[i]).ToArray()),
        ];
    }

    private OffPolicyEstimate[] FittedQ(TransitionLog log, List<Judged> policies, FittedQOptions options, int seed) => new FittedQEvaluation(options with
    {
        Seed = seed,
        Steps = effort.Steps,
        BatchSize = effort.BatchSize,
        LearningRate = effort.LearningRate,
        Hidden = effort.Hidden,
    }).Evaluate(log, [.. policies.Select(judged => Choice(judged.Policy))], _bootstrap, progress, cancellation);

    private static Func<Tensor, Tensor> Choice(IActionPolicy policy) => state => policy.Act(new Observation(state, ones(state.shape[0]))).squeeze(1).expand(state.shape[0], -1);

    private List<Judged> Policies(FusionActions actions, IReadOnlyList<float> baseline, ConstantPolicy served)
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
                new Judged(Constant, $"constant, rank {effort.Candidates - rank} of {effort.Candidates}", new ConstantPolicy("constant", actions, constants[rank].Action))),
            new Judged(Constant, "fixed weights", new ConstantPolicy("fixed", actions, baseline)),
            new Judged(Constant, "best constant (CEM)", served),
            new Judged(Leaning, "fixed weights, leaning 0.5", new LinearPolicy(actions, baseline, width, 0.5, 1)),
            new Judged(Leaning, "fixed weights, leaning 2", new LinearPolicy(actions, baseline, width, 2, 2)),
            new Judged(Leaning, "best random constant, leaning 0.5", new LinearPolicy(actions, best, width, 0.5, 3)),
            new Judged(Leaning, "best random constant, leaning 2", new LinearPolicy(actions, best, width, 2, 4)),
            new Judged(Leaning, "leaning 2 from the middle", new LinearPolicy(actions, new float[actions.Width], width, 2, 5)),
            .. LearnedPolicies(actions, served),
        ];
    }

    // On training users, briefly: policies to tell from the others, not the best that the algorithms can do.
    private IEnumerable<Judged> LearnedPolicies(FusionActions actions, ConstantPolicy served)
    {
        var collector = new LogCollector(training);
        using (var log = collector.CollectAtRandomAndAround(served, effort.LearnedSessions / 2, effort.LearnedSessions / 2, TrainingSeed))
        {
            var batch = new BatchRlOptions { CriticRate = Rate, PerturbationRate = Rate, TargetEvery = 3, Hidden = effort.Hidden, BatchSize = BatchSize };
            yield return Learn("BatchRL-MTF", new BatchRl(log, actions, batch));
            yield return Learn("TD3", new Td3(log, actions, new Td3Options { LearningRate = Rate, Hidden = effort.Hidden, BatchSize = BatchSize }));
            yield return Learn("CQL+SAC", new CqlSac(log, actions, new CqlSacOptions { ActorRate = Rate, CriticRate = Rate, Hidden = effort.Hidden, BatchSize = BatchSize }));
            yield return Learn("IQL", new Iql(log, actions, new IqlOptions { LearningRate = Rate, Hidden = effort.Hidden, BatchSize = BatchSize }));
        }

        using var bounded = collector.Collect(served, new Exploration.Bounded(), effort.LearnedSessions, TrainingSeed + 2);
        var unified = new UnifiedRlOptions { ActorRate = Rate, TargetEvery = 3, CriticWarmUp = effort.Updates / 2, Hidden = effort.Hidden, BatchSize = BatchSize };
        var learner = new UnifiedRl(actions, training.Shape.StateWidth, training.Shape.Rewards.Count, unified);
        learner.Use(bounded);
        yield return Learn("UnifiedRL, one round", learner);

        Judged Learn(string name, IFusionLearner learner)
        {
            using var owned = learner;
            return new Judged(Learned, name, FusionTraining.Run(owned, effort.Updates, name, progress, cancellation: cancellation));
        }
    }

    private TransitionLog Log(ConstantPolicy served, int seed)
    {
        var collector = new LogCollector(evaluation);
        progress.Report(new FitProgress("log of the evaluation users", 0));
        var broad = (int)(effort.LogSessions * BroadShare);
        using var log = collector.CollectAtRandomAndAround(served, broad, effort.LogSessions - broad, LogSeed + (2 * seed));
        progress.Report(new FitProgress("log of the evaluation users", 1));
        return TransitionLog.Of(log, [.. Enumerable.Repeat(1f, evaluation.Shape.Rewards.Count)]);
    }

    // Estimators that weigh the log's rows.
    private OffPolicyEstimate[] Weighted(TransitionLog log, IActionPolicy policy)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var sessions = log.Sessions(new ActionKernel(RandomDeviation).LogDensity(log.Action, Chosen(log.State, Choice(policy))));
        var estimators = new SessionEstimators(sessions, _weighted, Undiscounted);
        return [estimators.PerDecisionNcis(), estimators.TrajectoryNcis(), new DecisionEstimators(sessions.Decisions(), _weighted).Snips()];
    }

    // In parts: a policy that draws and judges several actions a state needs memory for all of them.
    private static Tensor Chosen(Tensor state, Func<Tensor, Tensor> choice)
    {
        const int Rows = 4096;
        var parts = new List<Tensor>();
        for (var row = 0L; row < state.shape[0]; row += Rows)
        {
            using var scope = NewDisposeScope();
            parts.Add(choice(state.narrow(0, row, Math.Min(Rows, state.shape[0] - row))).clone().MoveToOuterDisposeScope());
        }

        return cat(parts);
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
                    new ReportCell(row.Estimates[Ncis][0].EffectiveSampleSize),
                    new ReportCell(row.Estimates[^1][0].EffectiveSampleSize),
                ])),
        ]);

    private static ReportTable Correlations(IReadOnlyList<Comparison> rows)
    {
        var groups = rows.GroupBy(row => row.Group).Select(group => (Name: group.Key, Rows: (IReadOnlyList<Comparison>)[.. group])).ToArray();
        return new ReportTable(
            "simulatorCorrelation",
            $"KuaiRand simulator: rank correlation of the estimate with the truth over {rows.Count} policies",
            "estimator",
            [
                $"Spearman, all {rows.Count}",
                .. groups.Select(group => $"among {group.Rows.Count} {group.Name}"),
                "Pearson, all",
                "what the policy it puts first earns less than the best",
            ],
            [
                .. Estimators.Select((estimator, i) => new ReportRow(
                    estimator,
                    [
                        Statistic(rows, i, Spearman.Of),
                        .. groups.Select(group => Statistic(group.Rows, i, Spearman.Of)),
                        Statistic(rows, i, Spearman.Correlation),
                        Lost(rows, i),
                    ])),
            ]);
    }

    // The mean over seeds with its interval over policies and seeds, and that of every seed.
    private static ReportCell? Statistic(IReadOnlyList<Comparison> rows, int estimator, Correlate correlate)
    {
        double[] truths = [.. rows.Select(row => row.Truth.Value)];
        var bySeed = BySeed(rows, estimator);
        if (bySeed.Any(values => values.Any(double.IsNaN)))
            return null;
        var interval = new SeedAndUserBootstrap(1, UserBootstrap.Published).Interval(rows.Count, bySeed.Length, (seed, counts) =>
        {
            var (x, y) = (new List<double>(), new List<double>());
            for (var policy = 0; policy < counts.Length; policy++)
            {
                x.AddRange(Enumerable.Repeat(truths[policy], counts[policy]));
                y.AddRange(Enumerable.Repeat(bySeed[seed][policy], counts[policy]));
            }

            return correlate([.. x], [.. y]);
        });
        return ReportCell.Of(interval, bySeed.Length > 1 ? [.. bySeed.Select(values => correlate(values, truths))] : null);
    }

    private static ReportCell? Lost(IReadOnlyList<Comparison> rows, int estimator)
    {
        var bySeed = BySeed(rows, estimator);
        if (bySeed.Any(values => values.Any(double.IsNaN)))
            return null;
        var best = rows.Max(row => row.Truth.Value);
        return ReportCell.OverSeeds([.. bySeed.Select(values => best - rows[Array.IndexOf(values, values.Max())].Truth.Value)]);
    }

    private static double[][] BySeed(IReadOnlyList<Comparison> rows, int estimator) =>
    [
        .. Enumerable.Range(0, rows[0].Estimates[estimator].Length)
            .Select(seed => rows.Select(row => row.Estimates[estimator][seed].Value.Value).ToArray()),
    ];

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
                .. Estimators.Take(Ncis).Select((estimator, i) => new Series(
                    estimator,
                    truths,
                    [.. ordered.Select(row => row.Estimates[i][0].Value.Value)],
                    [.. ordered.Select(row => row.Estimates[i][0].Value.Low)],
                    [.. ordered.Select(row => row.Estimates[i][0].Value.High)])),
            ]);
    }

    private delegate double Correlate(ReadOnlySpan<double> estimates, ReadOnlySpan<double> truths);

    /// <summary>A policy to judge.</summary>
    /// <param name="Group">Of what kind it is.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Policy">The policy.</param>
    private sealed record Judged(string Group, string Name, IActionPolicy Policy);

    /// <summary>One policy.</summary>
    /// <param name="Group">Of what kind it is.</param>
    /// <param name="Policy">Its name.</param>
    /// <param name="Truth">Its mean return.</param>
    /// <param name="Estimates">By estimator, then by seed.</param>
    private sealed record Comparison(string Group, string Policy, Estimate Truth, OffPolicyEstimate[][] Estimates);
}

/// <summary>How much <see cref="SimulatorCorrelation"/> does of everything.</summary>
internal sealed record CorrelationEffort
{
    /// <summary>Ends within eight minutes of one idle core, the simulator's fit included.</summary>
    public static readonly CorrelationEffort Quick = new()
    {
        Simulator = new KuaiRandSimulatorOptions { UserShare = 0.3 },
        Candidates = 24,
        CandidateSessions = 100,
        LogSessions = 6000,
        LearnedSessions = 2000,
        TruthSessions = 800,
        Updates = 500,
        Steps = 1000,
    };

    /// <summary>Figures to quote: five logs in about half an hour of one idle core.</summary>
    public static readonly CorrelationEffort Full = new()
    {
        Simulator = new KuaiRandSimulatorOptions(),
        Candidates = 40,
        CandidateSessions = 200,
        LogSessions = 12_000,
        LearnedSessions = 6000,
        TruthSessions = 2500,
        Updates = 2000,
        Steps = 2000,
    };

    /// <summary>The simulator.</summary>
    public required KuaiRandSimulatorOptions Simulator { get; init; }

    /// <summary>Random constants, of which some are compared.</summary>
    public required int Candidates { get; init; }

    /// <summary>Sessions that grade a constant, also in the search for the best.</summary>
    public required int CandidateSessions { get; init; }

    /// <summary>Sessions of the log that estimates are made from.</summary>
    public required int LogSessions { get; init; }

    /// <summary>Sessions of the logs that policies are learned from.</summary>
    public required int LearnedSessions { get; init; }

    /// <summary>Sessions that grade a policy.</summary>
    public required int TruthSessions { get; init; }

    /// <summary>Updates of a learned policy.</summary>
    public required int Updates { get; init; }

    /// <summary>K of all fitted Q evaluations.</summary>
    public required int Steps { get; init; }

    /// <summary>Logs to estimate from, each with a fit of its own.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>Rows of a step.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Adam's rate, ours; the published one is 1e-4.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Widths of the critics.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 32];
}
