using MathNet.Numerics.Distributions;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>Number, mean and variance of a metric over users.</summary>
/// <param name="Count">n.</param>
/// <param name="Mean">Mean.</param>
/// <param name="Variance">Unbiased variance; 0 where n is below 2.</param>
internal readonly record struct Moments(int Count, double Mean, double Variance)
{
    /// <summary>The moments of <paramref name="values"/>, in two passes.</summary>
    public static Moments Of(ReadOnlySpan<double> values)
    {
        if (values.Length == 0)
            return default;
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        var mean = sum / values.Length;
        var squares = 0.0;
        foreach (var value in values)
            squares += (value - mean) * (value - mean);
        return new Moments(values.Length, mean, values.Length > 1 ? squares / (values.Length - 1) : 0);
    }
}

/// <summary>How far a variant's mean is from the control's.</summary>
/// <param name="Difference">Variant less control.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
/// <param name="PValue">Two-sided.</param>
internal readonly record struct Comparison(double Difference, double Low, double High, double PValue)
{
    /// <summary>
    /// Welch's test (Biometrika 1947): t = d / sqrt(v1/n1 + v2/n2), with Satterthwaite's degrees of freedom.
    /// </summary>
    /// <returns>Null where a side has fewer than two users, or neither varies: then there is nothing to judge a difference by.</returns>
    public static Comparison? Welch(Moments variant, Moments control)
    {
        if (variant.Count < 2 || control.Count < 2)
            return null;
        var (a, b) = (variant.Variance / variant.Count, control.Variance / control.Count);
        var error = Math.Sqrt(a + b);
        if (error == 0)
            return null;
        var freedom = (a + b) * (a + b) / ((a * a / (variant.Count - 1)) + (b * b / (control.Count - 1)));
        var difference = variant.Mean - control.Mean;
        var reach = StudentT.InvCDF(0, 1, freedom, 0.975) * error;
        var p = 2 * StudentT.CDF(0, 1, freedom, -Math.Abs(difference / error));
        return new Comparison(difference, difference - reach, difference + reach, p);
    }
}

/// <summary>
/// Whether the users are split as configured: a chi-square test over users. Where they are not, something takes users out of one variant more than out of
/// another, and no figure of the experiment can be trusted (Fabijan et al., KDD 2019).
/// </summary>
/// <param name="ChiSquare">The statistic.</param>
/// <param name="PValue">How likely so uneven a split is by chance.</param>
internal readonly record struct SampleRatio(double ChiSquare, double PValue)
{
    /// <summary>Below this p-value it is an alarm.</summary>
    public const double Alarming = 0.001;

    /// <summary>Whether the split is too uneven for chance.</summary>
    public bool IsAlarm => PValue < Alarming;

    /// <summary>Tests.</summary>
    /// <param name="users">Users per variant.</param>
    /// <param name="shares">Configured shares, which add up to 1.</param>
    /// <returns>Null where there are no users, or one variant alone has a share.</returns>
    public static SampleRatio? Of(IReadOnlyList<int> users, IReadOnlyList<double> shares)
    {
        var total = users.Sum();
        var cells = shares.Count(share => share > 0);
        if (total == 0 || cells < 2)
            return null;
        var chiSquare = 0.0;
        for (var i = 0; i < users.Count; i++)
        {
            var expected = total * shares[i];
            if (expected > 0)
                chiSquare += (users[i] - expected) * (users[i] - expected) / expected;
            else if (users[i] > 0)
                return new SampleRatio(double.MaxValue, 0);
        }

        return new SampleRatio(chiSquare, MathNet.Numerics.SpecialFunctions.GammaUpperRegularized((cells - 1) / 2.0, chiSquare / 2));
    }
}
