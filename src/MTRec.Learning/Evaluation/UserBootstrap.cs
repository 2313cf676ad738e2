namespace MTRec.Learning.Evaluation;

/// <summary>
/// Percentile bootstrap over users: a user's rows depend on each other, so users are drawn, with replacement, not rows.
/// The same seed gives the same intervals.
/// </summary>
/// <param name="seed">Seed of the draws.</param>
/// <param name="resamples">Number of resamples, 1 or more.</param>
public sealed class UserBootstrap(int seed, int resamples = 1000)
{
    /// <summary>The statistic on the sample and its 95 % interval.</summary>
    /// <param name="users">Number of users.</param>
    /// <param name="statistic">The statistic where each user [users] counts as often as the span says; NaN where undefined.</param>
    /// <remarks>Resamples on which the statistic is undefined are left out of the interval.</remarks>
    public Estimate Interval(int users, Func<ReadOnlySpan<int>, double> statistic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 1);
        var counts = new int[users];
        Array.Fill(counts, 1);
        var value = statistic(counts);
        var random = new Random(seed);
        var values = new List<double>(resamples);
        for (var resample = 0; resample < resamples && users > 0; resample++)
        {
            Array.Clear(counts);
            for (var draw = 0; draw < users; draw++)
                counts[random.Next(users)]++;
            var drawn = statistic(counts);
            if (!double.IsNaN(drawn))
                values.Add(drawn);
        }

        values.Sort();
        return new Estimate(value, Percentile(values, 0.025), Percentile(values, 0.975));
    }

    private static double Percentile(List<double> sorted, double level)
    {
        if (sorted.Count == 0)
            return double.NaN;
        var place = level * (sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
