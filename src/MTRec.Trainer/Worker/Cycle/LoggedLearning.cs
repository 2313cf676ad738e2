using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>Learns a fusion policy by name from a log of the service.</summary>
/// <param name="options">How.</param>
/// <param name="actions">The formula that serves.</param>
/// <param name="progress">Told of the updates; may be null.</param>
internal sealed class LoggedLearning(CycleOptions options, FusionActions actions, IProgress<FitProgress>? progress = null)
{
    /// <summary>The algorithm that acts on every item.</summary>
    public const string PerCandidate = "enhanced-rl";

    private static readonly Dictionary<string, Func<LoggedLearning, FusionLog, IFusionLearner>> Known = new(StringComparer.Ordinal)
    {
        ["unified-rl"] = (learning, log) => Using(
            new UnifiedRl(learning.Actions, (int)log.State.shape[1], (int)log.Rewards.shape[1], learning.Options.UnifiedRl with { Seed = learning.Options.Seed }), log),
        [PerCandidate] = (learning, log) => Using(
            new EnhancedRl(
                learning.Actions, (int)log.State.shape[1], (int)log.Items.shape[2], (int)log.Rewards.shape[1], learning.Options.EnhancedRl with { Seed = learning.Options.Seed }),
            log),
        ["batchrl-mtf"] = (learning, log) => new BatchRl(log, learning.Actions, learning.Options.BatchRl with { Seed = learning.Options.Seed }),
        [Td3.Algorithm] = (learning, log) => new Td3(log, learning.Actions, learning.Options.Td3 with { Seed = learning.Options.Seed }),
        [CqlSac.Algorithm] = (learning, log) => new CqlSac(log, learning.Actions, learning.Options.CqlSac with { Seed = learning.Options.Seed }),
        [Iql.Algorithm] = (learning, log) => new Iql(log, learning.Actions, learning.Options.Iql with { Seed = learning.Options.Seed, Updates = learning.Options.Updates }),
    };

    /// <summary>Names of the algorithms that learn from a log.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [.. Known.Keys];

    private CycleOptions Options => options;

    private FusionActions Actions => actions;

    /// <summary>Learns.</summary>
    /// <param name="log">The log.</param>
    /// <param name="cancellation">Ends the learning between two updates.</param>
    /// <returns>The policy; the caller disposes of it.</returns>
    /// <exception cref="ArithmeticException">The critics' values are not finite.</exception>
    public IExportablePolicy Learn(FusionLog log, CancellationToken cancellation)
    {
        using var learner = Known[options.Algorithm](this, log);
        return FusionTraining.Run(learner, options.Updates, options.Algorithm, progress, cancellation: cancellation);
    }

    private static IFusionLearner Using(IProgressiveLearner learner, FusionLog log)
    {
        learner.Use(log);
        return learner;
    }
}
