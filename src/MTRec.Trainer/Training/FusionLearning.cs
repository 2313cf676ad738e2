using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.BayesianOptimisation;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.EvolutionStrategy;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Distributed;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;

namespace MTRec.Trainer.Training;

/// <summary>Learns a policy by name: collects what the algorithm learns from and runs it.</summary>
/// <param name="options">How.</param>
/// <param name="environment">The users to learn with.</param>
/// <param name="negative">Whether each task is an objection [K].</param>
/// <param name="start">Fixed weights: where searches begin and what is explored around.</param>
/// <param name="progress">Told of every step; may be null.</param>
/// <param name="cancellation">Ends the learning.</param>
/// <param name="world">The ranks that share the learner's batches; this process alone where left out.</param>
internal sealed class FusionLearning(
    FusionBundleOptions options,
    IEnvironment environment,
    IReadOnlyList<bool> negative,
    ConstantPolicy start,
    IProgress<FitProgress>? progress,
    CancellationToken cancellation,
    World? world = null)
{
    // Candidates kept beside the shown ones for EnhancedRL's choices.
    private const int PassedOver = 4;

    private delegate IFusionPolicy Learner(FusionLearning learning);

    /// <summary>The algorithms, and the formula that each one's paper fuses by.</summary>
    private static readonly Dictionary<string, (FusionFormula Formula, Learner Learn)> Known = new(StringComparer.Ordinal)
    {
        [CrossEntropy.Algorithm] = (FusionFormula.LogSum, learning => learning.ByCrossEntropy()),
        [EvolutionStrategy.Algorithm] = (FusionFormula.LogSum, learning => learning.ByEvolutionStrategy()),
        [BayesianOptimisation.Algorithm] = (FusionFormula.LogSum, learning => learning.ByBayesianOptimisation()),
        [Td3.Algorithm] = (FusionFormula.LogSum, learning => learning.FromLog(log => new Td3(log, learning.Actions, learning.Options.Td3 with { Seed = learning.Options.Seed }, learning.Ranks))),
        [CqlSac.Algorithm] = (FusionFormula.LogSum, learning => learning.FromLog(log => new CqlSac(log, learning.Actions, learning.Options.CqlSac with { Seed = learning.Options.Seed }, learning.Ranks))),
        [Iql.Algorithm] = (FusionFormula.LogSum, learning => learning.FromLog(log =>
            new Iql(log, learning.Actions, learning.Options.Iql with { Seed = learning.Options.Seed, Updates = learning.Options.Updates }, learning.Ranks))),
        ["batchrl-mtf"] = (FusionFormula.LogSum, learning => learning.FromLog(log => new BatchRl(log, learning.Actions, learning.Options.BatchRl with { Seed = learning.Options.Seed }, learning.Ranks))),
        ["unified-rl"] = (FusionFormula.PowerProduct, learning => learning.ByUnifiedRl()),
        ["enhanced-rl"] = (FusionFormula.PowerProduct, learning => learning.ByEnhancedRl()),
        [XmtfPolicy.Name] = (FusionFormula.LogSum, learning => learning.ByXmtf()),
    };

    /// <summary>Names of the algorithms.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [.. Known.Keys];

    /// <summary>Those without gradients.</summary>
    public static IReadOnlyList<string> Searches { get; } = [CrossEntropy.Algorithm, EvolutionStrategy.Algorithm, BayesianOptimisation.Algorithm];

    private FusionBundleOptions Options => options;

    private World? Ranks => world;

    private FusionActions Actions => start.Actions;

    /// <summary>The formula that an algorithm's paper fuses by; of xMTF, which has none, that of the fixed weights that it is compared with.</summary>
    public static FusionFormula FormulaOf(string algorithm) => Known[algorithm].Formula;

    /// <summary>Learns.</summary>
    /// <returns>The policy; the caller disposes of it.</returns>
    public IFusionPolicy Learn() => Known[options.Algorithm].Learn(this);

    private ConstantPolicy ByCrossEntropy() =>
        new CrossEntropy(options.CrossEntropy, progress).Fit(environment, Actions, start.Action, options.Seed, cancellation);

    private ConstantPolicy ByBayesianOptimisation() =>
        new BayesianOptimisation(options.BayesianOptimisation, progress).Fit(environment, Actions, start.Action, options.Seed, cancellation);

    private ActorPolicy ByEvolutionStrategy() =>
        new EvolutionStrategy(options.EvolutionStrategy, progress).Fit(environment, Actions, start.Action, options.Seed, cancellation);

    // BatchRL-MTF's exploration, the same log for all that learn from one: half at random, half around the policy that serves.
    private IExportablePolicy FromLog(Func<FusionLog, IFusionLearner> learnerOf)
    {
        progress?.Report(new FitProgress("collecting", 0));
        var collector = new LogCollector(environment);
        var half = Math.Max(1, options.Sessions / 2);
        using var log = collector.CollectAtRandomAndAround(start, half, half, options.Seed);
        progress?.Report(new FitProgress("collecting", 1));
        using var learner = learnerOf(log);
        return FusionTraining.Run(learner, options.Updates, options.Algorithm, progress, cancellation: cancellation, world: world);
    }

    private IExportablePolicy ByUnifiedRl()
    {
        using var learner = new UnifiedRl(Actions, environment.Shape.StateWidth, environment.Shape.Rewards.Count, options.UnifiedRl with { Seed = options.Seed }, world);
        return ByRounds(learner, new LogCollector(environment));
    }

    private IExportablePolicy ByEnhancedRl()
    {
        using var learner = new EnhancedRl(
            Actions,
            environment.Shape.StateWidth,
            environment.Shape.CandidateWidth,
            environment.Shape.Rewards.Count,
            options.EnhancedRl with { Seed = options.Seed },
            world);
        var passedOver = Math.Min(PassedOver, environment.Shape.Candidates - environment.Shape.ListSize);
        return ByRounds(learner, new LogCollector(environment, perCandidate: true, passedOver: passedOver));
    }

    private IExportablePolicy ByRounds(IProgressiveLearner learner, LogCollector collector)
    {
        var sessions = Math.Max(1, options.Sessions / options.Rounds);
        var training = new ProgressiveTraining(
            (policy, round) => collector.Collect(policy, new Exploration.Bounded(), sessions, options.Seed + round),
            options.Rounds,
            Math.Max(1, options.Updates / options.Rounds),
            world);
        return training.Run(learner, start, options.Algorithm, progress, cancellation: cancellation);
    }

    private XmtfPolicy ByXmtf()
    {
        var xmtf = options.Xmtf with
        {
            Seed = options.Seed,
            Rounds = options.Rounds,
            Sessions = Math.Max(1, options.Sessions / options.Rounds),
            Outer = options.Xmtf.Outer with { Updates = Math.Max(1, options.Updates / options.Rounds) },
        };
        return new Xmtf(xmtf, progress, world).Fit(environment, negative, cancellation);
    }
}
