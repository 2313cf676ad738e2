namespace MTRec.Learning.Evaluation;

/// <summary>
/// MTRec's offline value of a recommender (arXiv 2509.22807): normalised capped importance sampling over complete trajectories,
/// J = sum_u min(c, rho_u) |T_u| / sum_u min(c, rho_u), rho_u = prod_t p_t, p_t the chance that the recommender gives to what the user did
/// at step t and |T_u| the number of steps. It is reported as the difference of a trained and an untrained recommender.
/// </summary>
/// <remarks>
/// The log carries no propensity, so the behaviour's is taken for 1, as the paper's display does: rho_u is a probability, at most 1, and falls
/// with |T_u|. A cap c of 1 thus never binds, and J does not depend on rho's scale: the products are taken as sums of logarithms and the
/// greatest is divided out, so that no trajectory is too long. J is the mean length where all rho_u are alike; an untrained recommender, p_t
/// near 1/2, sees little but the shortest trajectories, and J rises with the likelihood of the long ones. <see cref="EffectiveUsers"/>
/// belongs beside it.
/// </remarks>
public sealed class TrajectoryNcis
{
    private readonly double[] _weights;
    private readonly int[] _lengths;

    /// <summary>Weighs trajectories.</summary>
    /// <param name="logProbabilities">log rho_u, 0 or less, a user.</param>
    /// <param name="lengths">|T_u|, 1 or more, a user.</param>
    /// <param name="cap">c, in (0, 1].</param>
    public TrajectoryNcis(IReadOnlyList<double> logProbabilities, IReadOnlyList<int> lengths, double cap = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(lengths.Count, logProbabilities.Count);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(cap);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cap, 1);
        var capped = logProbabilities.Select(log => Math.Min(Math.Log(cap), log)).ToArray();
        var greatest = capped.DefaultIfEmpty(0).Max();
        _weights = Array.ConvertAll(capped, log => Math.Exp(log - greatest));
        _lengths = [.. lengths];
    }

    /// <summary>log rho of each user: the sum over its rows of log sigmoid(logit) for a positive response and log sigmoid(-logit) for a skip.</summary>
    /// <param name="logits">Of a positive response [rows].</param>
    /// <param name="positive">The responses [rows].</param>
    /// <param name="places">Each row's user, 0 .. <paramref name="users"/> - 1 [rows].</param>
    /// <param name="users">Number of users.</param>
    public static double[] LogProbabilities(ReadOnlySpan<float> logits, ReadOnlySpan<bool> positive, ReadOnlySpan<int> places, int users)
    {
        var sums = new double[users];
        for (var row = 0; row < logits.Length; row++)
        {
            var x = positive[row] ? logits[row] : -(double)logits[row];
            sums[places[row]] += Math.Min(x, 0) - Math.Log(1 + Math.Exp(-Math.Abs(x)));
        }

        return sums;
    }

    /// <summary>J where each user counts as often as said; NaN where no weight is left.</summary>
    public double Value(ReadOnlySpan<int> counts)
    {
        double sum = 0, weights = 0;
        for (var user = 0; user < counts.Length; user++)
        {
            sum += counts[user] * _weights[user] * _lengths[user];
            weights += counts[user] * _weights[user];
        }

        return weights == 0 ? double.NaN : sum / weights;
    }

    /// <summary>(sum w)^2 / sum w^2: how many users J rests on.</summary>
    public double EffectiveUsers() => Math.Pow(_weights.Sum(), 2) / _weights.Sum(weight => weight * weight);
}
