using MTRec.Core.Blending;
using MTRec.Core.Experiments;
using MTRec.Inference;
using MTRec.Trainer.Evaluation;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>
/// Whether the states are those that the service saw: of some exposures that the bundle itself ranked, the policy's action is computed once more, from
/// the history as it was put together here, and compared with the one that was logged. A policy that does not look at the state proves nothing.
/// </summary>
/// <param name="bundle">The bundle; it outlives this.</param>
/// <param name="every">One exposure in so many is compared, 1 or more.</param>
/// <param name="counts">Counts what was compared and what differed.</param>
internal sealed class StateSkew(Bundle bundle, int every, TransitionCounts counts) : IDisposable
{
    // In shares of a dimension's range.
    private const float Tolerance = 1e-4f;

    private readonly BundleScores _scores = new(bundle, new BlendParameters(0));
    private readonly string _bundle = $"{bundle.Manifest.Name}/{bundle.Manifest.Version}";

    /// <summary>Compares a step, where it is one of those.</summary>
    public void Look(ReplayedStep step)
    {
        var exposure = step.Exposure;
        if (exposure.Bundle != _bundle || Percentile.Seed(exposure.RequestId, "skew") % (ulong)every != 0)
            return;
        counts.Compared++;
        try
        {
            _scores.Score(exposure.Context, exposure.User, [.. step.History], exposure.Timestamp.ToUnixTimeMilliseconds(), exposure.ItemIds, exposure.Scores);
            counts.Skewed += IsSame(_scores.Action, exposure.Exploration?.Baseline ?? exposure.Action!) ? 0 : 1;
        }
        catch (GraphFailedException)
        {
            // The service had an action of it.
            counts.Skewed++;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _scores.Dispose();

    private bool IsSame(ReadOnlySpan<float> own, ReadOnlySpan<float> logged)
    {
        var dimensions = bundle.Manifest.Fusion.Action;
        if (own.Length != logged.Length)
            return false;
        for (var i = 0; i < own.Length; i++)
        {
            var dimension = dimensions[i % dimensions.Count];
            if (!(Math.Abs(own[i] - logged[i]) <= Tolerance * (dimension.Max - dimension.Min)))
                return false;
        }

        return true;
    }
}
