using static TorchSharp.torch;

namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>The kernels' shapes.</summary>
public enum KernelShape
{
    /// <summary>exp(-u^2 / 2) / sqrt(2 pi): every row counts a little.</summary>
    Gaussian,

    /// <summary>3/4 (1 - u^2) on [-1, 1]: rows beyond the bandwidth count for nothing.</summary>
    Epanechnikov,
}

/// <summary>
/// A deterministic policy never does exactly what a log of continuous actions says: it is evaluated as if it spread its action by a product
/// kernel, K_h(a - pi(s)) = prod_d K((a_d - pi_d(s)) / h) / h (Kallus and Zhou 2018). The wider, the more bias; the narrower, the fewer rows.
/// </summary>
/// <param name="Bandwidth">h, in units of the normalised action, above 0.</param>
/// <param name="Shape">K.</param>
public sealed record ActionKernel(double Bandwidth, KernelShape Shape = KernelShape.Gaussian)
{
    /// <summary>Silverman's bandwidth for A dimensions: deviation * (4 / ((A + 2) rows))^(1 / (A + 4)).</summary>
    /// <param name="deviation">Standard deviation of the logged actions around the policy that was explored, above 0.</param>
    /// <param name="rows">Rows of the log, 1 or more.</param>
    /// <param name="dimensions">A, 1 or more.</param>
    public static double RuleOfThumb(double deviation, long rows, int dimensions) =>
        deviation * Math.Pow(4 / ((dimensions + 2.0) * rows), 1 / (dimensions + 4.0));

    /// <summary>log K_h(action - chosen) [N]; minus infinity outside an Epanechnikov kernel.</summary>
    /// <param name="action">The logged actions [N, A].</param>
    /// <param name="chosen">What the policy would have done [N, A].</param>
    /// <exception cref="UnusableLogException">An action is not finite.</exception>
    public double[] LogDensity(Tensor action, Tensor chosen)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(Bandwidth);
        return ActionDensity.PerRow(action, chosen, Bandwidth, Shape == KernelShape.Gaussian ? ActionDensity.LogNormal : LogEpanechnikov);
    }

    private static double LogEpanechnikov(double u) => Math.Abs(u) < 1 ? Math.Log(0.75 * (1 - (u * u))) : double.NegativeInfinity;
}
