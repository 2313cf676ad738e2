using MTRec.Core.Blending;

namespace MTRec.Learning.Evaluation;

/// <summary>How good the order of one list is.</summary>
public static class RankedList
{
    /// <summary>
    /// Normalised discounted cumulative gain of the first <paramref name="k"/>: sum of gain / log2(1 + rank), over that of the best order
    /// (Järvelin and Kekäläinen 2002). NaN where no item has a gain.
    /// </summary>
    /// <param name="gains">Gains [items] in the order of the list, 0 or more.</param>
    /// <param name="k">Ranks that count, 1 or more.</param>
    public static double Ndcg(ReadOnlySpan<double> gains, int k)
    {
        var best = gains.ToArray();
        Array.Sort(best);
        Array.Reverse(best);
        var ideal = Discounted(best, k);
        return ideal == 0 ? double.NaN : Discounted(gains, k) / ideal;
    }

    /// <summary>1 / the rank of the first relevant item, 0 where there is none.</summary>
    /// <param name="relevant">Whether each item of the list is relevant, in its order.</param>
    public static double ReciprocalRank(ReadOnlySpan<bool> relevant)
    {
        var first = relevant.IndexOf(true);
        return first < 0 ? 0 : 1.0 / (first + 1);
    }

    /// <summary>The gains in the order of falling scores; ties stay in input order, as the ranker breaks them.</summary>
    public static double[] Order(ReadOnlySpan<double> scores, ReadOnlySpan<double> gains)
    {
        var order = new int[scores.Length];
        RankOrder.Sort(scores, order);
        var ordered = new double[gains.Length];
        for (var rank = 0; rank < order.Length; rank++)
            ordered[rank] = gains[order[rank]];
        return ordered;
    }

    private static double Discounted(ReadOnlySpan<double> gains, int k)
    {
        var sum = 0.0;
        for (var rank = 0; rank < Math.Min(k, gains.Length); rank++)
            sum += gains[rank] / Math.Log2(rank + 2);
        return sum;
    }
}
