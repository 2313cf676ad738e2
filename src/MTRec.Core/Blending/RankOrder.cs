using System.Buffers;

namespace MTRec.Core.Blending;

/// <summary>The order in which candidates are shown.</summary>
public static class RankOrder
{
    // Up to here it is cheaper to keep the best so far in order than to sort all.
    private const int FewestSorted = 64;

    /// <summary>Indices of the best candidates, best first; ties stay in candidate order.</summary>
    /// <param name="scores">Final scores [N], no NaN.</param>
    /// <param name="order">Receives as many indices as it has room for, N at most.</param>
    public static void Sort(ReadOnlySpan<double> scores, Span<int> order)
    {
        if (order.Length < Math.Min(scores.Length, FewestSorted))
            Select(scores, order);
        else
            SortAll(scores, order);
    }

    private static void Select(ReadOnlySpan<double> scores, Span<int> order)
    {
        var found = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            var score = scores[i];
            if (found == order.Length && (found == 0 || score <= scores[order[^1]]))
                continue;
            var place = found < order.Length ? found++ : found - 1;
            for (; place > 0 && scores[order[place - 1]] < score; place--)
                order[place] = order[place - 1];
            order[place] = i;
        }
    }

    private static void SortAll(ReadOnlySpan<double> scores, Span<int> order)
    {
        var count = scores.Length;
        var keys = ArrayPool<double>.Shared.Rent(count);
        var indices = ArrayPool<int>.Shared.Rent(count);
        for (var i = 0; i < count; i++)
            (keys[i], indices[i]) = (-scores[i], i);
        keys.AsSpan(0, count).Sort(indices.AsSpan(0, count));

        // Sorting is not stable: the index breaks ties.
        for (int from = 0, to; from < count; from = to)
        {
            for (to = from + 1; to < count && keys[to] == keys[from];)
                to++;
            if (to > from + 1)
                indices.AsSpan(from, to - from).Sort();
        }

        indices.AsSpan(0, order.Length).CopyTo(order);
        ArrayPool<double>.Shared.Return(keys);
        ArrayPool<int>.Shared.Return(indices);
    }
}
