namespace MTRec.Learning.Evaluation;

/// <summary>Spearman's rank correlation.</summary>
public static class Spearman
{
    /// <summary>Pearson's correlation of the ranks, ties sharing their mean rank; NaN where a side is constant.</summary>
    /// <exception cref="ArgumentException">The lengths differ, or a value is NaN.</exception>
    public static double Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length)
            throw new ArgumentException($"{x.Length} values against {y.Length}.", nameof(y));
        return Correlation(Ranks(x), Ranks(y));
    }

    /// <summary>Pearson's correlation; NaN where a side is constant.</summary>
    public static double Correlation(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double meanX = 0, meanY = 0;
        for (var i = 0; i < x.Length; i++)
        {
            meanX += x[i] / x.Length;
            meanY += y[i] / x.Length;
        }

        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - meanX) * (y[i] - meanY);
            xx += (x[i] - meanX) * (x[i] - meanX);
            yy += (y[i] - meanY) * (y[i] - meanY);
        }

        return xx * yy == 0 ? double.NaN : xy / Math.Sqrt(xx * yy);
    }

    private static double[] Ranks(ReadOnlySpan<double> values)
    {
        var sorted = values.ToArray();
        var order = Enumerable.Range(0, sorted.Length).ToArray();
        Array.Sort(sorted, order);
        var ranks = new double[sorted.Length];
        for (int start = 0, end; start < sorted.Length; start = end)
        {
            if (double.IsNaN(sorted[start]))
                throw new ArgumentException("A value is NaN.", nameof(values));
            end = start + 1;
            while (end < sorted.Length && sorted[end] == sorted[start])
                end++;
            for (var i = start; i < end; i++)
                ranks[order[i]] = (start + end + 1) / 2.0;
        }

        return ranks;
    }
}
