using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// Rewards in units of their spread: learning rates and penalties that are published as numbers presuppose a scale, which no paper gives.
/// Ours: one step's reward, all groups together, has the deviation 1 on the log; the groups' proportions stay.
/// </summary>
public static class RewardScale
{
    /// <summary>What each group's rewards are multiplied with.</summary>
    /// <param name="log">The log.</param>
    /// <param name="weights">Weight of each reward group; 1 each where null.</param>
    /// <returns>[R], owned by the caller.</returns>
    /// <exception cref="ArgumentException">The weights do not fit the groups.</exception>
    public static Tensor Weights(FusionLog log, IReadOnlyList<float>? weights)
    {
        using var scope = NewDisposeScope();
        var groups = log.Rewards.shape[1];
        if (weights is not null && weights.Count != groups)
            throw new ArgumentException($"{groups} reward groups need as many weights, not {weights.Count}.", nameof(weights));
        var weight = weights is null ? ones(groups) : tensor([.. weights]);
        var deviation = (log.Rewards * weight).sum(-1).std(unbiased: false).item<float>();
        return (weight / Math.Max(deviation, 1e-6)).DetachFromDisposeScope();
    }
}
