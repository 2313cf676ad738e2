namespace MTRec.Learning.Evaluation;

/// <summary>
/// MTF-GAUC (UnifiedRL, arXiv 2404.17589; EnhancedRL, arXiv 2409.11678): per user the weighted AUC of the final score against valid
/// consumption, a sample's weight being its reward, averaged over users with their numbers of samples as weights (user weights: ours).
/// Users with one class only have no AUC and are left out.
/// </summary>
public static class MtfGauc
{
    /// <summary>Seconds of watching above which consumption is valid.</summary>
    public const float ValidSeconds = 10;

    /// <summary>The MTF-GAUC and its interval by user; NaN where no user has both classes with weight.</summary>
    /// <param name="scores">Final scores [rows].</param>
    /// <param name="watchSeconds">Seconds watched [rows].</param>
    /// <param name="rewards">Rewards [rows], 0 or more with <paramref name="offset"/> added.</param>
    /// <param name="users">Each row's user [rows].</param>
    /// <param name="bootstrap">The resampling.</param>
    /// <param name="offset">Added to every reward: 1 as in the fifth version of UnifiedRL, so that rows without reward count; 0 as before.</param>
    /// <exception cref="ArgumentException">Lengths differ, a score or a watch time is NaN, or a weight is negative or not finite.</exception>
    public static Estimate ByUser(
        ReadOnlySpan<float> scores,
        ReadOnlySpan<float> watchSeconds,
        ReadOnlySpan<float> rewards,
        ReadOnlySpan<int> users,
        UserBootstrap bootstrap,
        float offset = 1)
    {
        Sample.Check(scores, users.Length);
        Sample.Check(watchSeconds, users.Length);
        Sample.Check(rewards, users.Length);
        var values = new List<(double Value, double Weight)>();
        foreach (var rows in Sample.RowsByUser(users))
        {
            var (own, consumed, weights) = (new float[rows.Length], new bool[rows.Length], new double[rows.Length]);
            for (var i = 0; i < rows.Length; i++)
            {
                own[i] = scores[rows[i]];
                consumed[i] = watchSeconds[rows[i]] > ValidSeconds;
                weights[i] = rewards[rows[i]] + offset;
                if (!(weights[i] >= 0 && double.IsFinite(weights[i])))
                    throw new ArgumentException($"Row {rows[i]} has the weight {weights[i]}.", nameof(rewards));
            }

            var value = new Auc(own, consumed).Value(weights);
            if (!double.IsNaN(value))
                values.Add((value, rows.Length));
        }

        return WeightedMean.ByUser(values, bootstrap);
    }
}
