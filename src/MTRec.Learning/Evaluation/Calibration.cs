namespace MTRec.Learning.Evaluation;

/// <summary>Whether predictions mean what they say.</summary>
public static class Calibration
{
    /// <summary>
    /// Expected calibration error: rows sorted by probability are cut into bins of equal size; the mean over rows of
    /// |mean probability - share of positives| of their bin. 0 is perfect.
    /// </summary>
    /// <param name="probabilities">Probabilities [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="bins">Number of bins, 1 or more.</param>
    public static double ExpectedError(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, int bins = 15)
    {
        Sample.Check(probabilities, positive.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var keys = probabilities.ToArray();
        var labels = positive.ToArray();
        Array.Sort(keys, labels);
        var sum = 0.0;
        for (var bin = 0; bin < bins; bin++)
        {
            var start = (int)((long)bin * keys.Length / bins);
            var end = (int)((long)(bin + 1) * keys.Length / bins);
            var gap = 0.0;
            for (var i = start; i < end; i++)
                gap += keys[i] - (labels[i] ? 1 : 0);
            sum += Math.Abs(gap);
        }

        return keys.Length == 0 ? double.NaN : sum / keys.Length;
    }

    /// <summary>Mean negative log likelihood of binary labels, in nats; probabilities are kept within [1e-7, 1 - 1e-7].</summary>
    public static double LogLoss(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        Sample.Check(probabilities, positive.Length);
        var sum = 0.0;
        for (var i = 0; i < positive.Length; i++)
        {
            var p = Math.Clamp((double)probabilities[i], 1e-7, 1 - 1e-7);
            sum -= Math.Log(positive[i] ? p : 1 - p);
        }

        return positive.Length == 0 ? double.NaN : sum / positive.Length;
    }

    /// <summary>
    /// For each quantile the share of outcomes at or below it; a calibrated tau_i-quantile covers tau_i, where
    /// tau_i = (2i - 1) / (2 Q).
    /// </summary>
    /// <param name="quantiles">Predicted quantiles [rows, Q], row by row.</param>
    /// <param name="outcomes">Outcomes [rows].</param>
    /// <returns>Coverage [Q].</returns>
    public static double[] Coverage(ReadOnlySpan<float> quantiles, ReadOnlySpan<float> outcomes)
    {
        if (outcomes.IsEmpty || quantiles.Length % outcomes.Length != 0)
            throw new ArgumentException($"{quantiles.Length} quantiles do not fit {outcomes.Length} outcomes.", nameof(quantiles));
        Sample.Check(quantiles, quantiles.Length);
        Sample.Check(outcomes, outcomes.Length);
        var coverage = new double[quantiles.Length / outcomes.Length];
        for (var row = 0; row < outcomes.Length; row++)
        {
            for (var i = 0; i < coverage.Length; i++)
            {
                if (outcomes[row] <= quantiles[(row * coverage.Length) + i])
                    coverage[i] += 1.0 / outcomes.Length;
            }
        }

        return coverage;
    }
}
