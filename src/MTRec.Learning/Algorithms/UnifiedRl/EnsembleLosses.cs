using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>The losses of UnifiedRL (arXiv 2404.17589): q reward groups, m independent critics each.</summary>
public static class EnsembleLosses
{
    /// <summary>y_{g,i} = r_g + gamma phi(mu'(s')) Q'_{g,i}(s', mu'(s')): every critic has its own target; no bootstrap where the session ended.</summary>
    /// <param name="rewards">[b, q].</param>
    /// <param name="continues">[b, 1].</param>
    /// <param name="trust">phi [b].</param>
    /// <param name="nextQ">Q'_{g,i}(s', mu'(s')) [q, m, b].</param>
    /// <param name="discount">gamma.</param>
    /// <returns>[q, m, b].</returns>
    public static Tensor Target(Tensor rewards, Tensor continues, Tensor trust, Tensor nextQ, double discount) =>
        rewards.transpose(0, 1).unsqueeze(1) + (discount * (continues.squeeze(1) * trust) * nextQ);

    /// <summary>Sum over the critics of mean (Q_{g,i}(s, a) - y_{g,i})^2.</summary>
    /// <param name="q">[q, m, b].</param>
    /// <param name="target">[q, m, b].</param>
    public static Tensor CriticLoss(Tensor q, Tensor target) => (q - target).square().mean([2L]).sum();

    /// <summary>E[-sum_g w_g mean_i Q_{g,i}(s, mu(s)) + lambda sum_g w_g std_i Q_{g,i}(s, mu(s)) + eta d(mu(s), mu_bp(s))].</summary>
    /// <param name="q">Q_{g,i}(s, mu(s)) [q, m, b].</param>
    /// <param name="weights">w [q].</param>
    /// <param name="penalty">d [b].</param>
    /// <param name="disagreement">lambda.</param>
    /// <param name="eta">eta.</param>
    public static Tensor ActorLoss(Tensor q, Tensor weights, Tensor penalty, double disagreement, double eta) =>
        ((penalty * eta) - Cautious(q, weights, disagreement)).mean();

    /// <summary>sum_g w_g (mean_i Q_{g,i} - lambda std_i Q_{g,i}) [b]; the deviation is the population's.</summary>
    /// <param name="q">[q, m, b].</param>
    /// <param name="weights">w [q].</param>
    /// <param name="disagreement">lambda.</param>
    public static Tensor Cautious(Tensor q, Tensor weights, double disagreement)
    {
        var mean = q.mean([1L]);

        // The root of the variance has no slope at 0, where one critic or equal ones leave it.
        var deviation = ((q - mean.unsqueeze(1)).square().mean([1L]) + 1e-12).sqrt();
        return ((mean - (deviation * disagreement)) * weights.unsqueeze(1)).sum(0L);
    }
}
