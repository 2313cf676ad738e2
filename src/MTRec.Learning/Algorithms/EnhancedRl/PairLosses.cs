using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>The losses of EnhancedRL (arXiv 2409.11678): values of user-item pairs that add up to a list's.</summary>
public static class PairLosses
{
    /// <summary>gamma sum_j phi_j Q'_{g,i}(s_{t+1,j}, mu'(s_{t+1,j})): the value of the next list; 0 where the session ended.</summary>
    /// <param name="continues">[b, 1].</param>
    /// <param name="trust">phi_j [b, L].</param>
    /// <param name="nextQ">Q'_{g,i} [q, m, b, L].</param>
    /// <param name="discount">gamma.</param>
    /// <returns>[q, m, b].</returns>
    public static Tensor Future(Tensor continues, Tensor trust, Tensor nextQ, double discount) =>
        (nextQ * trust).sum(-1) * continues.squeeze(1) * discount;

    /// <summary>Sum over critics of mean (sum_j Q_j - sum_j r_j - future)^2: <see cref="EnhancedRlCredit.List"/>.</summary>
    /// <param name="q">Q_{g,i}(s_tj, a_tj) [q, m, b, L].</param>
    /// <param name="rewards">r_tj [b, L, q].</param>
    /// <param name="future">[q, m, b].</param>
    public static Tensor ListLoss(Tensor q, Tensor rewards, Tensor future) =>
        (q.sum(-1) - rewards.sum(1L).transpose(0, 1).unsqueeze(1) - future).square().mean([2L]).sum();

    /// <summary>Sum over critics of mean_b sum_j (Q_j - r_j - future / L)^2: <see cref="EnhancedRlCredit.Item"/>.</summary>
    /// <param name="q">Q_{g,i}(s_tj, a_tj) [q, m, b, L].</param>
    /// <param name="rewards">r_tj [b, L, q].</param>
    /// <param name="future">[q, m, b].</param>
    public static Tensor ItemLoss(Tensor q, Tensor rewards, Tensor future) =>
        (q - rewards.permute(2, 0, 1).unsqueeze(1) - (future / q.shape[3]).unsqueeze(-1)).square().sum(-1).mean([2L]).sum();

    /// <summary>
    /// Chance P_j that a candidate is chosen first [b, C]: softmax(f_j / temperature), each passed-over candidate standing for several.
    /// </summary>
    /// <param name="fused">f of the shown candidates, then of the passed-over ones [b, C].</param>
    /// <param name="shown">L.</param>
    /// <param name="weight">How many candidates a passed-over one stands for.</param>
    /// <param name="temperature">In units of f.</param>
    public static Tensor Choice(Tensor fused, long shown, double weight, double temperature)
    {
        var logits = fused / temperature;
        var passed = logits.narrow(1, shown, logits.shape[1] - shown) + Math.Log(weight);
        return cat([logits.narrow(1, 0, shown), passed], 1).softmax(1);
    }
}
