namespace MTRec.Learning.Evaluation;

/// <summary>
/// Percentile bootstrap over users and training seeds at once: each resample draws users and, independently, seeds, with replacement. Two
/// figures asked for with the same seed are resampled alike, so a statistic that is their difference is paired.
/// </summary>
/// <param name="seed">Seed of the draws.</param>
/// <param name="resamples">Number of resamples, 1 or more.</param>
public sealed class SeedAndUserBootstrap(int seed, int resamples = 1000)
{
    /// <summary>The mean over the seeds of a statistic, and its 95 % interval.</summary>
    /// <param name="users">Number of users.</param>
    /// <param name="seeds">Number of training seeds.</param>
    /// <param name="statistic">Of one training seed, from 0, where each user counts as often as the span says.</param>
    public Estimate Interval(int users, int seeds, Func<int, ReadOnlySpan<int>, double> statistic)
    {
        var random = new Random(seed);
        var whole = true;
        return new UserBootstrap(seed, resamples).Interval(users, counts =>
        {
            // The first call is for the figure itself, with every seed once.
            var sum = 0.0;
            var values = new Dictionary<int, double>();
            for (var draw = 0; draw < seeds; draw++)
            {
                var drawn = whole ? draw : random.Next(seeds);
                if (!values.TryGetValue(drawn, out var value))
                    values.Add(drawn, value = statistic(drawn, counts));
                sum += value;
            }

            whole = false;
            return sum / seeds;
        });
    }
}
