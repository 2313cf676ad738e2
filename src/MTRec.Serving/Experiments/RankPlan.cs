using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Core.Experiments;
using MTRec.Serving.Exploration;

namespace MTRec.Serving.Experiments;

/// <summary>What the experiments ask of one request.</summary>
internal sealed class RankPlan
{
    private readonly IReadOnlyList<Assignment> _assignments;

    private RankPlan(IReadOnlyList<Assignment> assignments)
    {
        _assignments = assignments;
        Variants = [.. assignments.Select(Describe)];
        foreach (var assignment in assignments)
        {
            // No two layers change the same.
            var variant = assignment.Variant.Options;
            Bundle ??= variant.Bundle;
            Fusion ??= variant.Fusion;
            if (variant.Exploration is { } rule)
                (Exploration, ExplorationSalt) = (rule, assignment.Experiment.ExplorationSalt);
        }
    }

    /// <summary>Nothing.</summary>
    public static RankPlan None { get; } = new([]);

    /// <summary>The variants that apply, as the answer and the event log name them.</summary>
    public ExposureVariant[] Variants { get; }

    /// <summary>Version of the bundle that ranks; null for the active one.</summary>
    public string? Bundle { get; }

    /// <summary>Fixed weights in place of the policy.</summary>
    public FixedFusion? Fusion { get; }

    /// <summary>Exploration around the policy's action.</summary>
    public ExplorationRule? Exploration { get; }

    /// <summary>Decides who is explored, and the draws.</summary>
    public string ExplorationSalt { get; } = "";

    /// <summary>Puts assignments together, one a layer at most.</summary>
    public static RankPlan Of(IReadOnlyList<Assignment> assignments) => assignments.Count == 0 ? None : new RankPlan(assignments);

    /// <summary>The blending of the request.</summary>
    public BlendParameters Blend(BlendParameters blending)
    {
        foreach (var assignment in _assignments)
            blending = assignment.Variant.Options.Blending?.Apply(blending) ?? blending;
        return blending;
    }

    /// <summary>Whether the user is one of those who are explored.</summary>
    public bool Explores(string user) => Exploration is { Share: > 0 } rule && Percentile.Of(user, ExplorationSalt) <= 100 * rule.Share;

    private static ExposureVariant Describe(Assignment assignment) => new(
        assignment.Experiment.Name,
        assignment.Variant.Name,
        assignment.Reason switch
        {
            AssignmentReason.Override => "override",
            AssignmentReason.Forced => "forced",
            _ => null,
        });
}
