namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>
/// Estimators of a policy's discounted return a session, sum_t gamma^t r_t, from sessions that another policy logged (Precup, Sutton and
/// Singh 2000; self-normalised and capped: NCIS, Gilotte et al. 2018). rho_t is the product of the importance ratios of steps 0 to t.
/// </summary>
/// <param name="log">The log.</param>
/// <param name="bootstrap">The resampling of users.</param>
/// <param name="discount">gamma, in [0, 1].</param>
/// <param name="cap">c: the largest product that counts as it is, above 0; infinity for none.</param>
public sealed class SessionEstimators(SessionLog log, UserBootstrap bootstrap, double discount, double cap = double.PositiveInfinity)
{
    /// <summary>Per-decision importance sampling: mean over sessions of sum_t gamma^t min(rho_t, c) r_t. Without bias where there is no cap.</summary>
    /// <exception cref="UnusableLogException">A product is too large for a double.</exception>
    public OffPolicyEstimate PerDecisionIs() => Mean("per-decision IS", session =>
    {
        var sum = 0.0;
        Walk(session, (step, row, logProduct) => sum += Discount(step) * Weight(logProduct, 0) * log.Rewards[row]);
        return sum;
    });

    /// <summary>Trajectory-wise importance sampling: mean over sessions of min(rho_T, c) sum_t gamma^t r_t.</summary>
    /// <exception cref="UnusableLogException">A product is too large for a double.</exception>
    public OffPolicyEstimate TrajectoryIs() => Mean("trajectory IS", session => Weight(LogProduct(session), 0) * Return(session));

    /// <summary>Trajectory-wise NCIS: sum of min(rho_T, c) sum_t gamma^t r_t over sessions / sum of min(rho_T, c).</summary>
    public OffPolicyEstimate TrajectoryNcis()
    {
        var logProducts = new double[log.Sessions];
        for (var session = 0; session < logProducts.Length; session++)
            logProducts[session] = LogProduct(session);
        var weights = Relative(logProducts);
        var sums = new UserSums(log.Users, 2);
        for (var session = 0; session < weights.Length; session++)
        {
            sums[log.User[session], 0] += weights[session] * Return(session);
            sums[log.User[session], 1] += weights[session];
        }

        return Estimate("trajectory NCIS", bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]), weights);
    }

    /// <summary>
    /// Per-decision NCIS: sum_t gamma^t (sum of min(rho_t, c) r_t over sessions / sum of min(rho_t, c) over sessions). A session that has
    /// ended earns 0 and keeps the weight of its last step, since nothing is chosen in it any more: leaving it out would count the
    /// sessions that last only. The effective sample size is that of the step where it is lowest.
    /// </summary>
    public OffPolicyEstimate PerDecisionNcis()
    {
        var steps = log.Steps;
        var products = new double[log.Sessions];
        var sums = new UserSums(log.Users, 2 * Math.Max(1, steps));
        var (least, scarcest) = (double.PositiveInfinity, Array.Empty<double>());
        for (var step = 0; step < steps; step++)
        {
            for (var session = 0; session < products.Length; session++)
            {
                if (Row(session, step) is { } row)
                    products[session] += log.LogRatios[row];
            }

            var weights = Relative(products);
            for (var session = 0; session < products.Length; session++)
            {
                if (Row(session, step) is { } row)
                    sums[log.User[session], 2 * step] += Discount(step) * weights[session] * log.Rewards[row];
                sums[log.User[session], (2 * step) + 1] += weights[session];
            }

            var size = ImportanceRatios.EffectiveSampleSize(weights);
            if (size < least)
                (least, scarcest) = (size, weights);
        }

        return Estimate("per-decision NCIS", bootstrap.Interval(sums, total => SumOfRatios(total, steps)), scarcest);
    }

    private static double SumOfRatios(ReadOnlySpan<double> total, int steps)
    {
        var sum = 0.0;
        for (var step = 0; step < steps; step++)
            sum += total[(2 * step) + 1] == 0 ? double.NaN : total[2 * step] / total[(2 * step) + 1];
        return sum;
    }

    private OffPolicyEstimate Mean(string name, Func<int, double> value)
    {
        var sums = new UserSums(log.Users, 2);
        var weights = new double[log.Sessions];
        for (var session = 0; session < weights.Length; session++)
        {
            weights[session] = Weight(LogProduct(session), 0);
            var own = value(session);
            if (!double.IsFinite(own) || !double.IsFinite(weights[session]))
                throw new UnusableLogException("product of importance ratios", log.Starts[session + 1] - 1, "is too large");
            sums[log.User[session], 0] += own;
            sums[log.User[session], 1]++;
        }

        return Estimate(name, bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]), weights);
    }

    private OffPolicyEstimate Estimate(string name, Estimate value, double[] weights) =>
        new(name, value, ImportanceRatios.EffectiveSampleSize(weights), log.Sessions);

    // Ratios of sums do not change with a common factor, and the largest weight as 1 cannot overflow.
    private double[] Relative(double[] logProducts)
    {
        var largest = double.NegativeInfinity;
        foreach (var logProduct in logProducts)
            largest = Math.Max(largest, Math.Min(logProduct, Math.Log(cap)));
        var shift = double.IsNegativeInfinity(largest) ? 0 : largest;
        return Array.ConvertAll(logProducts, logProduct => Weight(logProduct, shift));
    }

    private double Weight(double logProduct, double shift) => Math.Exp(Math.Min(logProduct, Math.Log(cap)) - shift);

    private double Discount(int step) => Math.Pow(discount, step);

    private int? Row(int session, int step)
    {
        var row = log.Starts[session] + step;
        return row < log.Starts[session + 1] ? row : null;
    }

    private double LogProduct(int session)
    {
        var sum = 0.0;
        Walk(session, (_, _, logProduct) => sum = logProduct);
        return sum;
    }

    private double Return(int session)
    {
        var sum = 0.0;
        Walk(session, (step, row, _) => sum += Discount(step) * log.Rewards[row]);
        return sum;
    }

    private void Walk(int session, Action<int, int, double> visit)
    {
        var logProduct = 0.0;
        for (var row = log.Starts[session]; row < log.Starts[session + 1]; row++)
        {
            logProduct += log.LogRatios[row];
            visit(row - log.Starts[session], row, logProduct);
        }
    }
}
