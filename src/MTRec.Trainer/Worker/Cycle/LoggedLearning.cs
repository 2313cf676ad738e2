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

    // They go on from round to round.
    private static readonly Dictionary<string, Func<LoggedLearning, FusionLog, IProgressiveLearner>> Progressive = new(StringComparer.Ordinal)
    {
        ["unified-rl"] = (learning, log) => new UnifiedRl(
            learning.Actions, (int)log.State.shape[1], (int)log.Rewards.shape[1], learning.Options.UnifiedRl with { Seed = learning.Options.Seed }),
        [PerCandidate] = (learning, log) => new EnhancedRl(
            learning.Actions, (int)log.State.shape[1], (int)log.Items.shape[2], (int)log.Rewards.shape[1], learning.Options.EnhancedRl with { Seed = learning.Options.Seed }),
    };

    private static readonly Dictionary<string, Func<LoggedLearning, FusionLog, IFusionLearner>> Known = new(StringComparer.Ordinal)
    {
        ["batchrl-mtf"] = (learning, log) => new BatchRl(log, learning.Actions, learning.Options.BatchRl with { Seed = learning.Options.Seed }),
        [Td3.Algorithm] = (learning, log) => new Td3(log, learning.Actions, learning.Options.Td3 with { Seed = learning.Options.Seed }),
        [CqlSac.Algorithm] = (learning, log) => new CqlSac(log, learning.Actions, learning.Options.CqlSac with { Seed = learning.Options.Seed }),
        [Iql.Algorithm] = (learning, log) => new Iql(log, learning.Actions, learning.Options.Iql with { Seed = learning.Options.Seed, Updates = learning.Options.Updates }),
    };

    /// <summary>Names of the algorithms that learn from a log.</summary>
    public static IReadOnlyList<string> Algorithms { get; } = [.. Progressive.Keys, .. Known.Keys];

    private CycleOptions Options => options;

    private FusionActions Actions => actions;

    /// <summary>Learns.</summary>
    /// <param name="log">The log.</param>
    /// <param name="kept">Networks that made the policy that serves, to go on from; null to begin anew. Of algorithms that go by rounds alone.</param>
    /// <param name="cancellation">Ends the learning between two updates.</param>
    /// <returns>The policy, which the caller disposes of, and its networks where the algorithm goes by rounds.</returns>
    /// <exception cref="ArithmeticException">The critics' values are not finite.</exception>
    /// <exception cref="ArgumentException">The kept networks are of other sizes.</exception>
    public (IExportablePolicy Policy, byte[]? Networks) Learn(FusionLog log, byte[]? kept, CancellationToken cancellation)
    {
        if (!Progressive.TryGetValue(options.Algorithm, out var create))
        {
            using var learner = Known[options.Algorithm](this, log);
            return (FusionTraining.Run(learner, options.Updates, options.Algorithm, progress, cancellation: cancellation), null);
        }

        using var progressive = create(this, log);
        if (kept is null)
        {
            progressive.Use(log);
            return Run(progressive);
        }

        // Earlier rounds' exposures are seen as exploration around what serves now.
        progressive.GoOn(kept);
        using var serving = progressive.Snapshot();
        using var around = log.Around(serving);
        progressive.Use(around);
        return Run(progressive);

        (IExportablePolicy, byte[]?) Run(IProgressiveLearner learner) =>
            (FusionTraining.Run(learner, options.Updates, options.Algorithm, progress, cancellation: cancellation), learner.Save());
    }
}
