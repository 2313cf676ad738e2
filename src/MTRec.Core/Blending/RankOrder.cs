namespace MTRec.Core.Blending;

/// <summary>The order in which candidates are shown.</summary>
public static class RankOrder
{
    /// <summary>Indices of the candidates, best first; ties stay in candidate order.</summary>
    /// <param name="scores">Final scores [N].</param>
    /// <param name="order">Receives the N indices.</param>
    public static void Sort(ReadOnlySpan<double> scores, Span<int> order)
    {
        for (var i = 0; i < order.Length; i++)
            order[i] = i;

        // Sorting is not stable: the index breaks ties.
        order.Sort(new ByScore(scores.ToArray()));
    }

    private sealed class ByScore(double[] scores) : IComparer<int>
    {
        public int Compare(int x, int y)
        {
            var byScore = scores[y].CompareTo(scores[x]);
            return byScore != 0 ? byScore : x.CompareTo(y);
        }
    }
}
