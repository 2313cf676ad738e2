using MTRec.Learning.Environments;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>Turns task scores into one score.</summary>
public interface IFusionPolicy : IDisposable
{
    /// <summary>What learned it: the manifest's name, such as <c>batchrl-mtf</c>.</summary>
    string Algorithm { get; }

    /// <summary>Scores candidates, each by itself: its score does not depend on which others came along.</summary>
    /// <returns>[B, n].</returns>
    Tensor Score(Observation observation);
}

/// <summary>A policy that fuses by one of the formulas and chooses its parameters.</summary>
public interface IActionPolicy : IFusionPolicy
{
    /// <summary>The formula and what an action means.</summary>
    FusionActions Actions { get; }

    /// <summary>Whether every candidate has its own action (EnhancedRL) or the request has one.</summary>
    bool PerCandidate { get; }

    /// <summary>The action before exploration, each dimension in [-1, 1].</summary>
    /// <returns>[B, 1, A], or [B, n, A] where <see cref="PerCandidate"/>.</returns>
    Tensor Act(Observation observation);
}
