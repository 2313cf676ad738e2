namespace MTRec.Core.Blending;

/// <summary>How the mental reward enters the final score.</summary>
public enum BlendForm
{
    /// <summary>z(f) + w z(m).</summary>
    Additive,

    /// <summary>f exp(w z(m)), and f exp(-w z(m)) where f is negative, so that more reward never demotes.</summary>
    Multiplicative,

    /// <summary>z(f), less w where the reward's 0.9 quantile is under the threshold.</summary>
    Gate,
}

/// <summary>Which statistic of the mental reward's distribution is blended.</summary>
public enum RewardStatistic
{
    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The quantile at <see cref="BlendParameters.Level"/>.</summary>
    Quantile,

    /// <summary>The mean of the distribution below <see cref="BlendParameters.Level"/>: averse to risk.</summary>
    Cvar,
}

/// <summary>Mean and standard deviation of a score on the training log.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Deviation">Standard deviation, above 0.</param>
public readonly record struct Standardiser(double Mean, double Deviation)
{
    /// <summary>(x - mean) / deviation.</summary>
    public double Z(double x) => (x - Mean) / Deviation;
}

/// <summary>A variant's choice of blending.</summary>
/// <param name="Weight">w, 0 or more; 0 gives exactly the fusion order.</param>
/// <param name="Form">The form.</param>
/// <param name="Statistic">The statistic of the mental reward.</param>
/// <param name="Level">Level of the quantile or CVaR, in (0, 1).</param>
/// <param name="Threshold">The gate's threshold, in units of reward.</param>
public sealed record BlendParameters(
    double Weight,
    BlendForm Form = BlendForm.Additive,
    RewardStatistic Statistic = RewardStatistic.Mean,
    double Level = 0.1,
    double Threshold = 0);

/// <summary>
/// The final score of one candidate. It never looks at the request's other candidates: a candidate's score does not depend on
/// which others came along.
/// </summary>
/// <param name="parameters">The variant's choice.</param>
/// <param name="fusion">Standardises the fusion score.</param>
/// <param name="reward">Standardises the mental reward, whatever its statistic: all are in the same unit.</param>
public sealed class Blend(BlendParameters parameters, Standardiser fusion, Standardiser reward)
{
    // Keeps the score finite whatever the weight; e^80 is beyond any score's scale.
    private const double LargestExponent = 80;

    /// <summary>The final score.</summary>
    /// <param name="fusionScore">f.</param>
    /// <param name="mentalMean">Mean mental reward.</param>
    /// <param name="quantiles">Its quantiles at tau_i = (2i - 1) / (2N), i = 1..N.</param>
    public double Score(float fusionScore, float mentalMean, ReadOnlySpan<float> quantiles)
    {
        if (parameters.Weight == 0)
            return Score(fusionScore);
        return parameters.Form switch
        {
            BlendForm.Additive => fusion.Z(fusionScore) + (parameters.Weight * reward.Z(Statistic(mentalMean, quantiles))),
            BlendForm.Multiplicative => fusionScore * Math.Exp(
                Math.Clamp(Math.CopySign(parameters.Weight, fusionScore) * reward.Z(Statistic(mentalMean, quantiles)), -LargestExponent, LargestExponent)),
            BlendForm.Gate => fusion.Z(fusionScore) - (QuantileAt(quantiles, 0.9) < parameters.Threshold ? parameters.Weight : 0),
            _ => throw new InvalidOperationException($"Unknown form {parameters.Form}."),
        };
    }

    /// <summary>The final score where there is no mental reward: z(f), or f where the form is multiplicative.</summary>
    public double Score(float fusionScore) =>
        parameters.Form == BlendForm.Multiplicative ? fusionScore : fusion.Z(fusionScore);

    /// <summary>Interpolates the quantile at <paramref name="level"/> between tau_i = (2i - 1) / (2N); the ends are flat.</summary>
    public static float QuantileAt(ReadOnlySpan<float> quantiles, double level)
    {
        var place = Math.Clamp((level * quantiles.Length) - 0.5, 0, quantiles.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, quantiles.Length - 1);
        return (float)(quantiles[below] + ((place - below) * (quantiles[above] - quantiles[below])));
    }

    private double Statistic(float mean, ReadOnlySpan<float> quantiles) => parameters.Statistic switch
    {
        RewardStatistic.Mean => mean,
        RewardStatistic.Quantile => QuantileAt(quantiles, parameters.Level),
        RewardStatistic.Cvar => Cvar(quantiles, parameters.Level),
        _ => throw new InvalidOperationException($"Unknown statistic {parameters.Statistic}."),
    };

    // Each quantile stands for 1/N of the mass; the last one in counts by the share of its mass below the level.
    private static double Cvar(ReadOnlySpan<float> quantiles, double level)
    {
        var mass = level * quantiles.Length;
        var sum = 0.0;
        for (var i = 0; i < quantiles.Length && mass > i; i++)
            sum += quantiles[i] * Math.Min(1, mass - i);
        return sum / mass;
    }
}
