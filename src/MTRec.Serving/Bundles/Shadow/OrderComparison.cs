namespace MTRec.Serving.Bundles.Shadow;

/// <summary>How far two scorings of the same candidates are apart.</summary>
/// <param name="RankCorrelation">Spearman's rho, -1 to 1: Pearson's correlation of the ranks, ties sharing their mean rank; NaN where either side gives one score to all.</param>
/// <param name="TopOverlap">Share of the first candidates of one order that are among the first of the other, 0 to 1.</param>
/// <param name="ScoreDifference">Mean absolute difference of the scores, in units of the score.</param>
internal readonly record struct OrderComparison(double RankCorrelation, double TopOverlap, double ScoreDifference)
{
    /// <summary>Compares two scorings.</summary>
    /// <param name="first">Scores [N], N at least 1.</param>
    /// <param name="second">Scores [N] of the same candidates.</param>
    /// <param name="top">Candidates at the top that are compared; all where there are fewer.</param>
    public static OrderComparison Of(ReadOnlySpan<double> first, ReadOnlySpan<double> second, int top)
    {
        var order = new int[first.Length];
        var otherOrder = new int[first.Length];
        var ranks = Ranks(first, order);
        var otherRanks = Ranks(second, otherOrder);

        var compared = Math.Min(top, order.Length);
        var others = otherOrder.Take(compared).ToHashSet();
        var shared = order.Take(compared).Count(others.Contains);

        var difference = 0.0;
        for (var i = 0; i < first.Length; i++)
            difference += Math.Abs(first[i] - second[i]);
        return new OrderComparison(Correlation(ranks, otherRanks), (double)shared / compared, difference / first.Length);
    }

    // Rank 0 is the best; candidates of one score share the mean of their ranks, and stand in the request's order.
    private static double[] Ranks(ReadOnlySpan<double> scores, int[] order)
    {
        Core.Blending.RankOrder.Sort(scores, order);
        var ranks = new double[scores.Length];
        for (int start = 0, end; start < order.Length; start = end)
        {
            end = start + 1;
            while (end < order.Length && scores[order[end]] == scores[order[start]])
                end++;
            foreach (var candidate in order.AsSpan(start..end))
                ranks[candidate] = (start + end - 1) / 2.0;
        }

        return ranks;
    }

    private static double Correlation(double[] x, double[] y)
    {
        // Ranks with shared means have the same mean whatever the ties.
        var mean = (x.Length - 1) / 2.0;
        double xy = 0, xx = 0, yy = 0;
        for (var i = 0; i < x.Length; i++)
        {
            xy += (x[i] - mean) * (y[i] - mean);
            xx += (x[i] - mean) * (x[i] - mean);
            yy += (y[i] - mean) * (y[i] - mean);
        }

        return xy / Math.Sqrt(xx * yy);
    }
}
