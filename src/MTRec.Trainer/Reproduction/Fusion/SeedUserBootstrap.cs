using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>
/// Percentile bootstrap in two stages: seeds are drawn with replacement, then within each drawn seed its users. What differs between trainings
/// and what differs between users both widen the interval.
/// </summary>
/// <param name="resamples">Number of resamples.</param>
internal sealed class SeedUserBootstrap(int resamples)
{
    /// <summary>The mean over seeds of the users' means, and its 95 % interval.</summary>
    /// <param name="values">[seeds][users].</param>
    public Estimate Mean(IReadOnlyList<double[]> values)
    {
        var random = new Random(1);
        var means = new double[resamples];
        for (var resample = 0; resample < resamples; resample++)
        {
            for (var draw = 0; draw < values.Count; draw++)
            {
                var users = values[random.Next(values.Count)];
                var sum = 0.0;
                for (var user = 0; user < users.Length; user++)
                    sum += users[random.Next(users.Length)];
                means[resample] += sum / users.Length / values.Count;
            }
        }

        Array.Sort(means);
        return new Estimate(values.Average(users => users.Average()), means[(int)(0.025 * resamples)], means[(int)(0.975 * (resamples - 1))]);
    }
}
