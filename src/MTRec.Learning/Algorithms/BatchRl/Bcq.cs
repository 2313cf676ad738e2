using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.BatchRl;

/// <summary>The losses of batch-constrained Q-learning (Fujimoto et al., ICML 2019) as BatchRL-MTF uses them (arXiv 2208.04560, section 3).</summary>
public static class Bcq
{
    /// <summary>
    /// Loss of the generator: (D(a | s, z) - a)^2 + w KL(N(mean, exp(logDeviation)^2) || N(0, 1)), KL = -(1 + 2 log d - mean^2 - d^2) / 2; means over all.
    /// </summary>
    /// <param name="rebuilt">D(a | s, z) [b, A].</param>
    /// <param name="action">a [b, A].</param>
    /// <param name="mean">[b, Z].</param>
    /// <param name="logDeviation">[b, Z].</param>
    /// <param name="klWeight">w.</param>
    public static Tensor GeneratorLoss(Tensor rebuilt, Tensor action, Tensor mean, Tensor logDeviation, double klWeight)
    {
        var divergence = (1 + (2 * logDeviation) - mean.square() - (2 * logDeviation).exp()) * -0.5;
        return (rebuilt - action).square().mean() + (klWeight * divergence.mean());
    }

    /// <summary>y = r + gamma max_a' min_j Q'_j(s', a'), over the actions that the generator proposes; no bootstrap where the session ended.</summary>
    /// <param name="reward">[b].</param>
    /// <param name="continues">[b].</param>
    /// <param name="nextQ">Q'_j(s', a') [2, b, n].</param>
    /// <param name="discount">gamma.</param>
    /// <returns>[b].</returns>
    public static Tensor Target(Tensor reward, Tensor continues, Tensor nextQ, double discount) =>
        reward + (discount * continues * nextQ.amin([0L]).amax([1L]));

    /// <summary>sum_j mean (Q_j(s, a) - y)^2.</summary>
    /// <param name="q">[2, b].</param>
    /// <param name="target">[b].</param>
    public static Tensor CriticLoss(Tensor q, Tensor target) => (q - target).square().mean([1L]).sum();
}
