using MTRec.Core.Features;

namespace MTRec.Learning.Networks;

/// <summary>How one numeric feature is normalised: log1p where its tail is heavy, then (x - mean) / deviation.</summary>
/// <param name="HeavyTailed">Whether log1p comes first.</param>
/// <param name="Mean">Mean, after log1p where that applies.</param>
/// <param name="Deviation">Standard deviation likewise, above 0.</param>
public readonly record struct NumericStatistics(bool HeavyTailed, double Mean, double Deviation)
{
    /// <summary>A non-negative feature whose 0.99 quantile is more than this many medians is heavy-tailed; our choice.</summary>
    public const double HeavyTail = 4;

    /// <summary>Measures the columns of a training log.</summary>
    /// <param name="features">The columns.</param>
    /// <param name="values">Row-major [rows, <paramref name="stride"/>].</param>
    /// <param name="stride">Columns of <paramref name="values"/>.</param>
    /// <param name="first">The column of the first feature.</param>
    /// <returns>One a feature; those of categorical features mean nothing.</returns>
    public static NumericStatistics[] Measure(IReadOnlyList<FeatureDefinition> features, ReadOnlySpan<float> values, int stride, int first = 0)
    {
        var statistics = new NumericStatistics[features.Count];
        var column = new double[values.Length / Math.Max(1, stride)];
        for (var feature = 0; feature < statistics.Length; feature++)
        {
            for (var row = 0; row < column.Length; row++)
                column[row] = values[(row * stride) + first + feature];
            statistics[feature] = Measure(features[feature], column);
        }

        return statistics;
    }

    private static NumericStatistics Measure(FeatureDefinition feature, double[] column)
    {
        if (column.Length == 0)
            return new NumericStatistics(false, 0, 1);
        var sorted = column.ToArray();
        Array.Sort(sorted);
        var heavy = feature.Min >= 0 && sorted[(int)(0.99 * (sorted.Length - 1))] > HeavyTail * Math.Max(sorted[sorted.Length / 2], 1e-9);
        double sum = 0, squares = 0;
        foreach (var value in sorted)
        {
            var x = heavy ? Math.Log(1 + value) : value;
            sum += x;
            squares += x * x;
        }

        var mean = sum / sorted.Length;
        var deviation = Math.Sqrt(Math.Max(0, (squares / sorted.Length) - (mean * mean)));

        // A constant column tells nothing; it must not be blown up where a caller sends another value.
        return new NumericStatistics(heavy, mean, deviation > 1e-6 * Math.Max(1, Math.Abs(mean)) ? deviation : Math.Max(1, feature.Max - feature.Min));
    }
}
