namespace MTRec.Learning.Evaluation;

/// <summary>
/// GAUC: the AUC within each user, averaged with the user's number of rows as its weight. Users with one class only have no AUC and are left
/// out. It measures the order a user sees, where the AUC also rewards telling active users from others.
/// </summary>
public static class WithinUserAuc
{
    /// <summary>The GAUC and its interval by user; NaN where no user has both classes.</summary>
    /// <param name="scores">Scores [rows].</param>
    /// <param name="positive">Labels [rows].</param>
    /// <param name="users">Each row's user [rows].</param>
    /// <param name="bootstrap">The resampling.</param>
    public static Estimate ByUser(ReadOnlySpan<float> scores, ReadOnlySpan<bool> positive, ReadOnlySpan<int> users, UserBootstrap bootstrap)
    {
        Sample.Check(scores, positive.Length);
        var values = new List<(double Value, double Weight)>();
        foreach (var rows in Sample.RowsByUser(users))
        {
            var value = Auc.Of(Pick(scores, rows), Pick(positive, rows));
            if (!double.IsNaN(value))
                values.Add((value, rows.Length));
        }

        return WeightedMean.ByUser(values, bootstrap);
    }

    private static T[] Pick<T>(ReadOnlySpan<T> values, int[] rows)
    {
        var picked = new T[rows.Length];
        for (var i = 0; i < rows.Length; i++)
            picked[i] = values[rows[i]];
        return picked;
    }
}
