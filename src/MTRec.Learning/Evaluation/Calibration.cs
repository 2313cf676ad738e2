namespace MTRec.Learning.Evaluation;

/// <summary>Whether predictions mean what they say.</summary>
public static class Calibration
{
    /// <summary>Bins of the expected calibration error.</summary>
    public const int DefaultBins = 15;

    /// <summary>
    /// Expected calibration error: rows sorted by probability are cut into bins of equal size; the mean over rows of
    /// |mean probability - share of positives| of their bin. 0 is perfect.
    /// </summary>
    /// <param name="probabilities">Probabilities [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="bins">Number of bins, 1 or more.</param>
    public static double ExpectedError(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, int bins = DefaultBins)
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

    /// <summary><see cref="ExpectedError"/> and its interval by user; the bins are those of the whole sample.</summary>
    /// <param name="probabilities">Probabilities [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="users">Each row's user [rows], 0 or more.</param>
    /// <param name="bootstrap">The resampling.</param>
    /// <param name="bins">Number of bins, 1 or more.</param>
    public static Estimate ExpectedErrorByUser(
        ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, ReadOnlySpan<int> users, UserBootstrap bootstrap, int bins = DefaultBins)
    {
        var places = Sample.Places(users, out var count);
        var sums = new UserSums(count, bins + 1);
        AddGaps(sums, 0, probabilities, positive, places, bins);
        for (var row = 0; row < places.Length; row++)
            sums[places[row], bins]++;
        return bootstrap.Interval(sums, total => ErrorOf(total, 0, bins, total[bins]));
    }

    /// <summary>Mean probability over the share of positives, and its interval by user: 1 is calibrated in the large, more is overconfident. NaN where nothing is positive.</summary>
    /// <inheritdoc cref="ExpectedErrorByUser"/>
    public static Estimate RatioByUser(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, ReadOnlySpan<int> users, UserBootstrap bootstrap)
    {
        Sample.Check(probabilities, positive.Length);
        var places = Sample.Places(users, out var count);
        var sums = new UserSums(count, 2);
        for (var row = 0; row < places.Length; row++)
        {
            sums[places[row], 0] += probabilities[row];
            sums[places[row], 1] += positive[row] ? 1 : 0;
        }

        return bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
    }

    // Adds probability less label to the columns of a sample's bins, from one column on.
    internal static void AddGaps(UserSums sums, int column, ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive, ReadOnlySpan<int> places, int bins)
    {
        Sample.Check(probabilities, positive.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        var keys = probabilities.ToArray();
        var order = Enumerable.Range(0, keys.Length).ToArray();
        Array.Sort(keys, order);
        for (var i = 0; i < order.Length; i++)
        {
            // The bin whose rows begin at bin * rows / bins, as above.
            var bin = (int)(((((long)i + 1) * bins) - 1) / order.Length);
            sums[places[order[i]], column + bin] += keys[i] - (positive[order[i]] ? 1 : 0);
        }
    }

    internal static double ErrorOf(ReadOnlySpan<double> total, int column, int bins, double rows)
    {
        var sum = 0.0;
        foreach (var gap in total.Slice(column, bins))
            sum += Math.Abs(gap);
        return rows == 0 ? double.NaN : sum / rows;
    }

    /// <summary>Negative log likelihood of a binary label, in nats; the probability is kept within [1e-7, 1 - 1e-7].</summary>
    public static double LogLoss(float probability, bool positive)
    {
        var p = Math.Clamp((double)probability, 1e-7, 1 - 1e-7);
        return -Math.Log(positive ? p : 1 - p);
    }

    /// <summary>Mean negative log likelihood of binary labels, in nats; probabilities are kept within [1e-7, 1 - 1e-7].</summary>
    public static double LogLoss(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> positive)
    {
        Sample.Check(probabilities, positive.Length);
        var sum = 0.0;
        for (var i = 0; i < positive.Length; i++)
            sum += LogLoss(probabilities[i], positive[i]);

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
