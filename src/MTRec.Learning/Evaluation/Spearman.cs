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

    /// <summary>The correlation of two signals with the same outcomes, the first's less the second's, and its interval by user; ranks are those of the whole sample.</summary>
    /// <param name="candidate">[rows].</param>
    /// <param name="serving">[rows].</param>
    /// <param name="outcomes">[rows].</param>
    /// <param name="users">Each row's user [rows], 0 or more.</param>
    /// <param name="bootstrap">The resampling.</param>
    /// <exception cref="ArgumentException">The lengths differ, or a value is NaN.</exception>
    public static Estimate DifferenceByUser(
        ReadOnlySpan<double> candidate, ReadOnlySpan<double> serving, ReadOnlySpan<double> outcomes, ReadOnlySpan<int> users, UserBootstrap bootstrap)
    {
        if (candidate.Length != outcomes.Length || serving.Length != outcomes.Length || users.Length != outcomes.Length)
            throw new ArgumentException($"{candidate.Length} and {serving.Length} values and {users.Length} users against {outcomes.Length}.", nameof(outcomes));
        var (first, second, y) = (Ranks(candidate), Ranks(serving), Ranks(outcomes));
        var places = Sample.Places(users, out var count);
        var sums = new UserSums(count, 9);
        for (var row = 0; row < y.Length; row++)
        {
            // About the middle, so that squares of ranks take no digits away.
            var (a, b, c) = (first[row] - (y.Length / 2.0), second[row] - (y.Length / 2.0), y[row] - (y.Length / 2.0));
            ReadOnlySpan<double> terms = [1, a, b, c, a * a, b * b, c * c, a * c, b * c];
            for (var column = 0; column < terms.Length; column++)
                sums[places[row], column] += terms[column];
        }

        return bootstrap.Interval(sums, total => Pearson(total[0], total[1], total[3], total[4], total[6], total[7]) - Pearson(total[0], total[2], total[3], total[5], total[6], total[8]));
    }

    private static double Pearson(double n, double x, double y, double xx, double yy, double xy)
    {
        var product = ((n * xx) - (x * x)) * ((n * yy) - (y * y));
        return product <= 0 ? double.NaN : ((n * xy) - (x * y)) / Math.Sqrt(product);
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
