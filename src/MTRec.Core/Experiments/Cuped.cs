namespace MTRec.Core.Experiments;

/// <summary>
/// Variance reduction with what users did before the experiment (CUPED; Deng, Xu, Kohavi and Walker, WSDM 2013): Y - theta (X - mean X) with
/// theta = cov(Y, X) / var(X). X came before the variant did, so that the mean difference stays unbiased.
/// </summary>
public static class Cuped
{
    /// <summary>theta, from deviations from each variant's own means, so that the effect itself does not enter; 0 where X does not vary.</summary>
    /// <param name="variants">Per variant the metric Y after, and X before, of the same users.</param>
    public static double Theta(IEnumerable<(double[] After, double[] Before)> variants)
    {
        var (covariance, variance) = (0.0, 0.0);
        foreach (var (after, before) in variants.Where(variant => variant.After.Length > 0))
        {
            var (y, x) = (after.Average(), before.Average());
            for (var i = 0; i < after.Length; i++)
            {
                covariance += (after[i] - y) * (before[i] - x);
                variance += (before[i] - x) * (before[i] - x);
            }
        }

        return variance > 0 ? covariance / variance : 0;
    }

    /// <summary>Y - theta (X - mean).</summary>
    /// <param name="after">Y.</param>
    /// <param name="before">X.</param>
    /// <param name="theta">theta.</param>
    /// <param name="mean">Mean of X over all variants.</param>
    public static double[] Adjust(double[] after, double[] before, double theta, double mean) =>
        [.. after.Select((value, i) => value - (theta * (before[i] - mean)))];
}
