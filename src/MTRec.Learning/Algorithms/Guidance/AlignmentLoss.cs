using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>
/// How far a recommender is from what users want (MTRec, arXiv 2509.22807, Algorithm 2): L_align = -E[F r(s, positive) + (1 - F) r(s, skip)],
/// F the predicted chance of a positive response. The paper does not print it; this form is ours.
/// </summary>
/// <remarks>
/// Its gradient in F is r(s, skip) - r(s, positive): whatever both rewards share cancels. Together with the cross entropy, whose gradient in the
/// logit is F - label, it pulls the logit by w F (1 - F) (r(s, positive) - r(s, skip)): most where the recommender is in doubt.
/// </remarks>
public static class AlignmentLoss
{
    /// <summary>L_align, a scalar, to be minimised.</summary>
    /// <param name="logits">Of a positive response [B].</param>
    /// <param name="rewards">r(s, skip) and r(s, positive) [B, 2]; no gradient flows into them.</param>
    /// <param name="known">1 where the rewards are known, 0 where the trajectory ends [B].</param>
    public static Tensor Of(Tensor logits, Tensor rewards, Tensor known)
    {
        var positive = logits.sigmoid();
        var expected = (positive * rewards.select(1, 1)) + ((1 - positive) * rewards.select(1, 0));
        return -(known * expected).mean();
    }
}
