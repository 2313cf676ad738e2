using MTRec.Core.Fusion;
using MTRec.Serving.Bundles;

namespace MTRec.Serving.Ranking;

/// <summary>The fusion's parameters as answers explain them: the policy's action, or the weights that stood in for it.</summary>
internal static class RankExplanation
{
    /// <summary>The parameters' names.</summary>
    public static IReadOnlyList<string> ActionNames(RankCall call, ServedBundle served)
    {
        var manifest = served.Bundle.Manifest;
        return call.FusedByPolicy
            ? [.. manifest.Fusion.Action.Select(dimension => dimension.Name)]
            : Fuser.ActionNames(FusionFormula.WeightedSum, [.. manifest.Tasks.Select(task => task.Name)]);
    }

    /// <summary>The parameters that fused one candidate, in real units.</summary>
    public static ReadOnlySpan<float> ActionOf(RankCall call, ServedBundle served, int candidate) =>
        call.FusedByPolicy ? call.Outputs.ActionOf(candidate) : call.FixedWeights ?? [.. served.Bundle.Manifest.Fallback.Weights];
}
