using MTRec.Core.Events;
using MTRec.Core.Experiments;
using MTRec.Inference;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Exploration;

/// <summary>Leaves the policy's action for one drawn around it, and ranks by that.</summary>
internal static class Explorer
{
    /// <summary>
    /// Draws the action of a fused call and fuses again by it: one action a request, or one a candidate where the policy acts so. The request's id
    /// decides the draws, so that the same request sent again is ranked the same.
    /// </summary>
    /// <returns>What was drawn and how likely it was; null where nothing may be drawn: the bundle's bounds or ranges are points, or its formula cannot be computed here.</returns>
    public static ExposureExploration? Explore(RankCall call, Bundle bundle)
    {
        var rule = call.Plan.Exploration!;
        var dimensions = bundle.Manifest.Fusion.Action;
        var (lower, upper) = rule.Within(bundle.Manifest.Exploration);
        if (call.Count == 0 || lower >= upper || !bundle.Scorer.FusesAnyAction || !dimensions.Any(dimension => dimension.Max > dimension.Min))
            return null;

        var baseline = call.Outputs.Action.ToArray();
        var action = new float[baseline.Length];
        var width = dimensions.Count;
        var logDensity = new float[baseline.Length / width];
        var draw = new ActionDraw(rule.Kind, lower, upper, rule.Deviation);
        var chance = new SplitMix64(Percentile.Seed(call.RequestId, call.Plan.ExplorationSalt));
        for (var row = 0; row < logDensity.Length; row++)
            logDensity[row] = (float)draw.Draw(dimensions, baseline.AsSpan(row * width, width), ref chance, action.AsSpan(row * width, width));

        bundle.Scorer.FuseByAction(call.Inputs, call.Outputs, action);
        return new ExposureExploration
        {
            Baseline = baseline,
            Lower = [.. dimensions.Select(dimension => dimension.Max > dimension.Min ? lower : 0)],
            Upper = [.. dimensions.Select(dimension => dimension.Max > dimension.Min ? upper : 0)],
            LogDensity = logDensity,
            Deviation = rule.Kind == ExplorationKind.Gaussian ? rule.Deviation : null,
        };
    }
}
