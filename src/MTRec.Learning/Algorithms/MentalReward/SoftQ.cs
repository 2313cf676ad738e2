using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// The soft-optimal user of MTRec (arXiv 2509.22807) as formulas over quantiles lambda [B, A, N] of every action. The masks say
/// where a transition continues: at the end of a user's trajectory s' was never seen, so neither V(s') nor r is defined there, and
/// only the likelihood of the action counts.
/// </summary>
public static class SoftQ
{
    /// <summary>Q(s, a) = mean_i lambda_i(s, a) [B, A].</summary>
    public static Tensor Q(Tensor quantiles) => quantiles.mean([-1]);

    /// <summary>V(s) = log sum_a exp Q(s, a) [B].</summary>
    public static Tensor V(Tensor quantiles) => Q(quantiles).logsumexp(-1);

    /// <summary>Quantiles of the action taken [B, N].</summary>
    /// <param name="quantiles">[B, A, N].</param>
    /// <param name="actions">Indices of actions [B].</param>
    public static Tensor Taken(Tensor quantiles, Tensor actions) =>
        quantiles.gather(1, actions.reshape(-1, 1, 1).expand(-1, 1, quantiles.shape[2])).squeeze(1);

    /// <summary>r(s, a) = Q(s, a) - gamma V(s') [B]; void where the trajectory ends.</summary>
    public static Tensor Reward(Tensor quantiles, Tensor actions, Tensor nextValue, double discount) =>
        Taken(quantiles, actions).mean([-1]) - (nextValue * discount);

    /// <summary>
    /// IQ-Learn's offline objective with the chi-square regulariser, psi(x) = x - x^2 / (4 alpha), to be maximised:
    /// E[psi(Q(s, a) - gamma V(s'))] - E[V(s) - gamma V(s')].
    /// </summary>
    /// <param name="quantiles">[B, A, N].</param>
    /// <param name="actions">[B].</param>
    /// <param name="nextValue">V(s') [B].</param>
    /// <param name="continues">1 where the trajectory goes on, 0 at its end [B].</param>
    /// <param name="discount">gamma.</param>
    /// <param name="alpha">alpha.</param>
    public static Tensor IqLearn(Tensor quantiles, Tensor actions, Tensor nextValue, Tensor continues, double discount, double alpha)
    {
        var next = nextValue * discount;
        var q = Taken(quantiles, actions).mean([-1]);
        var value = V(quantiles);
        var reward = q - next;
        var psi = reward - (reward.square() / (4 * alpha));
        return (continues * (psi - (value - next))).mean() + ((1 - continues) * (q - value)).mean();
    }

    /// <summary>
    /// The same where gamma V(s') has cancelled: E[log pi(a|s)] - (1 / 4 alpha) E[(Q(s, a) - gamma V(s'))^2].
    /// </summary>
    /// <inheritdoc cref="IqLearn"/>
    public static Tensor LikelihoodForm(Tensor quantiles, Tensor actions, Tensor nextValue, Tensor continues, double discount, double alpha)
    {
        var likelihood = Q(quantiles).log_softmax(-1).gather(1, actions.unsqueeze(1)).squeeze(1);
        var reward = Reward(quantiles, actions, nextValue, discount);
        return likelihood.mean() - ((continues * reward.square()).mean() / (4 * alpha));
    }

    /// <summary>
    /// Algorithm 1, to be minimised: sum_i rho_{tau_i}(V(s) - lambda_i(s, a)) + rho_{tau_i}(gamma V(s') - lambda_i(s, a)). The two errors
    /// are illegible in print and read thus by us. The gradient flows through V(s): without it the other action would never fall.
    /// </summary>
    /// <remarks>
    /// Read thus it is no likelihood. Where every quantile is below V(s) and lambda_i(s, a) above gamma V(s'), its slope by lambda_i is
    /// p (1 - 2 tau_i) + pi / 2, with p the frequency of a and pi the model's: only quantiles with tau_i above 1/2 + pi / (4 p) stay above, three
    /// quarters where the model is right. The middle ones rest on gamma V(s'), a reward of 0 whatever the frequency, and of a mean of ten
    /// quantiles little is left that tells states apart.
    /// </remarks>
    /// <inheritdoc cref="IqLearn"/>
    public static Tensor Pinball(Tensor quantiles, Tensor actions, Tensor nextValue, Tensor continues, double discount)
    {
        var taken = Taken(quantiles, actions);
        var toValue = Pinball(V(quantiles).unsqueeze(-1) - taken).sum(-1);
        var toNext = Pinball((nextValue * discount).unsqueeze(-1) - taken).sum(-1);
        return toValue.mean() + (continues * toNext).mean();
    }

    /// <summary>rho_{tau_i}(u_i) = max(tau_i u_i, (tau_i - 1) u_i) with tau_i = (2i - 1) / (2N), element by element.</summary>
    /// <param name="errors">[B, N].</param>
    public static Tensor Pinball(Tensor errors)
    {
        var count = errors.shape[^1];
        var levels = (arange(count, ScalarType.Float32) + 0.5) / count;
        return (levels * errors).maximum((levels - 1) * errors);
    }

    /// <summary>The loss that an objective stands for.</summary>
    public static Tensor Loss(QrIqlOptions options, Tensor quantiles, Tensor actions, Tensor nextValue, Tensor continues)
    {
        return options.Objective switch
        {
            IqlObjective.Mean => -Mean(),
            IqlObjective.Quantile => Spread(),
            IqlObjective.Combined => (Spread() * options.QuantileWeight) - Mean(),
            _ => throw new ArgumentOutOfRangeException(nameof(options)),
        };

        // The likelihood does not look at the mask: with the anchor the square is of skips alone.
        Tensor Mean() => LikelihoodForm(
            quantiles, actions, nextValue, options.AnchorSkip ? continues * actions.eq(0) : continues, options.Discount, options.Alpha);

        Tensor Spread() => Pinball(quantiles, actions, nextValue, continues, options.Discount);
    }
}
