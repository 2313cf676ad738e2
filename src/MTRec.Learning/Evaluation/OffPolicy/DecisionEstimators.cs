namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>
/// Estimators of a policy's mean reward from decisions that another policy logged. w = pi_e(a|x) / pi_b(a|x), or K_h(a - pi_e(x)) / pi_b(a|x)
/// where pi_e is deterministic and a continuous (Kallus and Zhou 2018). All are ratios of sums over users.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="bootstrap">The resampling of users.</param>
public sealed class DecisionEstimators(DecisionLog log, UserBootstrap bootstrap)
{
    /// <summary>Inverse propensity scores (Horvitz and Thompson 1952): mean(w r). Without bias; wild where weights are.</summary>
    public OffPolicyEstimate Ips() => Weighted("IPS", log.Weights, selfNormalised: false);

    /// <summary>Self-normalised (Swaminathan and Joachims 2015): sum(w r) / sum(w). Stays within the rewards' range.</summary>
    public OffPolicyEstimate Snips() => Weighted("SNIPS", log.Weights, selfNormalised: true);

    /// <summary>mean(min(w, cap) r) (Ionides 2008): less variance, too low where rewards are positive.</summary>
    /// <param name="cap">The largest weight, above 0.</param>
    public OffPolicyEstimate ClippedIps(double cap) => Weighted("clipped IPS", Capped(cap), selfNormalised: false);

    /// <summary>
    /// Doubly robust (Dudík, Langford and Li 2011): mean(q(x, pi_e) + w (r - q(x, a))). Right where either the propensities or the model are.
    /// </summary>
    /// <param name="modelled">q(x, a) of the logged action [rows], by a model that was not fitted on the row.</param>
    /// <param name="expected">The mean of q(x, .) under the evaluated policy [rows].</param>
    /// <exception cref="UnusableLogException">A prediction is not finite.</exception>
    public OffPolicyEstimate DoublyRobust(ReadOnlySpan<double> modelled, ReadOnlySpan<double> expected)
    {
        var sums = Residuals(modelled, expected);
        return Estimate("DR", log.Weights, bootstrap.Interval(sums, total => (total[0] + total[1]) / total[3]));
    }

    /// <summary>Self-normalised doubly robust: mean(q(x, pi_e)) + sum(w (r - q(x, a))) / sum(w).</summary>
    /// <inheritdoc cref="DoublyRobust"/>
    public OffPolicyEstimate SelfNormalisedDoublyRobust(ReadOnlySpan<double> modelled, ReadOnlySpan<double> expected)
    {
        var sums = Residuals(modelled, expected);
        return Estimate("SNDR", log.Weights, bootstrap.Interval(sums, total => (total[0] / total[3]) + Ratio(total[1], total[2])));
    }

    /// <summary>The direct method: mean(q(x, pi_e)), as good as its model.</summary>
    /// <param name="expected">The mean of q(x, .) under the evaluated policy [rows].</param>
    /// <exception cref="UnusableLogException">A prediction is not finite.</exception>
    public OffPolicyEstimate DirectMethod(ReadOnlySpan<double> expected)
    {
        var sums = Residuals(expected, expected);
        return new OffPolicyEstimate("DM", bootstrap.Interval(sums, total => total[0] / total[3]), log.Count, log.Count);
    }

    private OffPolicyEstimate Weighted(string name, double[] weights, bool selfNormalised)
    {
        var sums = new UserSums(log.Users, 2);
        for (var row = 0; row < log.Count; row++)
        {
            sums[log.User[row], 0] += weights[row] * log.Rewards[row];
            sums[log.User[row], 1] += selfNormalised ? weights[row] : 1;
        }

        return Estimate(name, weights, bootstrap.Interval(sums, total => Ratio(total[0], total[1])));
    }

    private OffPolicyEstimate Estimate(string name, double[] weights, Estimate value) =>
        new(name, value, ImportanceRatios.EffectiveSampleSize(weights), log.Count);

    private double[] Capped(double cap)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cap);
        return Array.ConvertAll(log.Weights, weight => Math.Min(weight, cap));
    }

    // Sums of: q(x, pi_e); w (r - q(x, a)); w; 1.
    private UserSums Residuals(ReadOnlySpan<double> modelled, ReadOnlySpan<double> expected)
    {
        if (modelled.Length != log.Count || expected.Length != log.Count)
            throw new ArgumentException($"{modelled.Length} and {expected.Length} predictions for {log.Count} rows.", nameof(modelled));
        ImportanceRatios.CheckFinite("expected modelled reward", expected);
        ImportanceRatios.CheckFinite("modelled reward", modelled);
        var sums = new UserSums(log.Users, 4);
        for (var row = 0; row < log.Count; row++)
        {
            sums[log.User[row], 0] += expected[row];
            sums[log.User[row], 1] += log.Weights[row] * (log.Rewards[row] - modelled[row]);
            sums[log.User[row], 2] += log.Weights[row];
            sums[log.User[row], 3]++;
        }

        return sums;
    }

    private static double Ratio(double above, double below) => below == 0 ? double.NaN : above / below;
}
