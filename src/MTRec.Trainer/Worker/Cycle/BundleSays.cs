using MTRec.Core.Blending;
using MTRec.Inference;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Fusion;
using MTRec.Trainer.Evaluation;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What a bundle says of exposures, through the graphs that the service runs.</summary>
/// <param name="Actions">The action of every exposure in units of [-1, 1]: [A], or [N x A] where every candidate has its own.</param>
/// <param name="Fusion">Fusion scores f of every exposure's candidates [N].</param>
/// <param name="Standardiser">What f is standardised by before the mental reward is blended in.</param>
internal sealed record BundleSays(IReadOnlyList<float[]> Actions, IReadOnlyList<float[]> Fusion, Standardiser Standardiser)
{
    /// <summary>Asks a bundle.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="steps">The exposures.</param>
    /// <param name="standardiser">What its fusion scores are standardised by; null to measure it here.</param>
    /// <param name="cancellation">Ends the work between two exposures.</param>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public static BundleSays Of(Bundle bundle, IReadOnlyList<ReplayedStep> steps, Standardiser? standardiser, CancellationToken cancellation)
    {
        // The mental reward stays out: it is the same in both bundles, and what it did to the order is in the log.
        using var scores = new BundleScores(bundle, new BlendParameters(0));
        var formula = new FusionActions(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count);
        var (actions, fusion) = (new List<float[]>(), new List<float[]>());
        foreach (var step in steps)
        {
            cancellation.ThrowIfCancellationRequested();
            var exposure = step.Exposure;
            scores.Score(exposure.Context, exposure.User, [.. step.History], exposure.Timestamp.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
            actions.Add([.. scores.Action.ToArray().Chunk(formula.Width).SelectMany(row => formula.FromReal(row))]);
            fusion.Add(scores.FusionScores.ToArray());
        }

        return new BundleSays(actions, fusion, standardiser ?? FixedPolicy.Standardise([.. fusion.SelectMany(f => f)]));
    }
}
