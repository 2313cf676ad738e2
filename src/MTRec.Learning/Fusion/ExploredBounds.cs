using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>How far an action is outside of what was explored around the baseline: (mu_bp + lower, mu_bp + upper) per dimension (UnifiedRL).</summary>
public static class ExploredBounds
{
    /// <summary>What each dimension exceeds the bounds by, in units of beta times their width [..., A]; 0 inside.</summary>
    /// <param name="action">[..., A].</param>
    /// <param name="baseline">mu_bp(s), which broadcasts against it.</param>
    /// <param name="lower">[A], at most 0.</param>
    /// <param name="upper">[A], at least 0.</param>
    /// <param name="beta">beta, above 0.</param>
    public static Tensor Excess(Tensor action, Tensor baseline, Tensor lower, Tensor upper, double beta)
    {
        var deviation = action - baseline;
        return ((deviation - upper).relu() + (lower - deviation).relu()) / ((upper - lower) * beta).clamp_min(1e-6);
    }

    /// <summary>d [...]: per dimension 0 inside, exp(excess / (beta width)) outside; summed over the dimensions.</summary>
    /// <param name="excess">As <see cref="Excess"/>.</param>
    public static Tensor Penalty(Tensor excess) => (excess.exp() * excess.gt(0).to(ScalarType.Float32)).sum(-1);

    /// <summary>phi [...]: 1 inside, exp(-excess / (beta width)) outside, the product over the dimensions; the form of the decay is ours.</summary>
    /// <param name="excess">As <see cref="Excess"/>.</param>
    public static Tensor Trust(Tensor excess) => excess.sum(-1).neg().exp();

    /// <summary>
    /// Actions as critics should see them, from the log's mean in half widths of the explored range [..., A] (ours): what was explored differs by as
    /// much as the states do, and is learned as fast. Not from 0: a critic whose values rise would put that down to an input that is far from 0 in
    /// all rows, and the actor would follow a slope that the log does not have.
    /// </summary>
    /// <param name="action">[..., A].</param>
    /// <param name="mean">The log's mean action [A].</param>
    /// <param name="lower">[A], at most 0.</param>
    /// <param name="upper">[A], at least 0.</param>
    public static Tensor Standardised(Tensor action, Tensor mean, Tensor lower, Tensor upper) => (action - mean) * (2 / (upper - lower).clamp_min(1e-6));
}
