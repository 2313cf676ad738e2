namespace MTRec.Learning.Evaluation;

/// <summary>A mean of one value a user.</summary>
public static class WeightedMean
{
    /// <summary>The weighted mean and its interval by user; NaN where there is no weight.</summary>
    /// <param name="users">One value and its weight a user.</param>
    /// <param name="bootstrap">The resampling.</param>
    public static Estimate ByUser(IReadOnlyList<(double Value, double Weight)> users, UserBootstrap bootstrap) =>
        bootstrap.Interval(users.Count, counts =>
        {
            double sum = 0, weights = 0;
            for (var user = 0; user < counts.Length; user++)
            {
                sum += counts[user] * users[user].Weight * users[user].Value;
                weights += counts[user] * users[user].Weight;
            }

            return weights == 0 ? double.NaN : sum / weights;
        });
}
