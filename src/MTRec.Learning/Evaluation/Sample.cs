namespace MTRec.Learning.Evaluation;

/// <summary>What every metric asks of its input.</summary>
internal static class Sample
{
    /// <summary>Refuses scores that do not fit the labels or are NaN.</summary>
    public static void Check(ReadOnlySpan<float> scores, int labels)
    {
        if (scores.Length != labels)
            throw new ArgumentException($"{scores.Length} scores for {labels} labels.", nameof(scores));
        foreach (var score in scores)
        {
            if (float.IsNaN(score))
                throw new ArgumentException("A score is NaN.", nameof(scores));
        }
    }

    /// <summary>Numbers the users that occur 0, 1, 2 ...: each row's number.</summary>
    public static int[] Places(ReadOnlySpan<int> users, out int count)
    {
        var numbers = new Dictionary<int, int>();
        var places = new int[users.Length];
        for (var row = 0; row < places.Length; row++)
        {
            if (!numbers.TryGetValue(users[row], out places[row]))
            {
                places[row] = numbers.Count;
                numbers.Add(users[row], places[row]);
            }
        }

        count = numbers.Count;
        return places;
    }

    /// <summary>The rows of each user, in order.</summary>
    public static int[][] RowsByUser(ReadOnlySpan<int> users)
    {
        var places = Places(users, out var count);
        var rows = new List<int>[count];
        for (var user = 0; user < count; user++)
            rows[user] = [];
        for (var row = 0; row < places.Length; row++)
            rows[places[row]].Add(row);
        return Array.ConvertAll(rows, list => list.ToArray());
    }
}
