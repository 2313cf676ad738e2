namespace MTRec.Learning.Evaluation;

/// <summary>A mean of one value a user.</summary>
public static class WeightedMean
{
    /// <summary>The weighted mean and its interval by user; NaN where there is no weight.</summary>
    /// <param name="users">One value and its weight a user.</param>
    /// <param name="bootstrap">The resampling.</param>
    public static Estimate ByUser(IReadOnlyList<(double Value, double Weight)> users, UserBootstrap bootstrap)
    {
        var sums = new UserSums(users.Count, 2);
        for (var user = 0; user < users.Count; user++)
        {
            sums[user, 0] = users[user].Weight * users[user].Value;
            sums[user, 1] = users[user].Weight;
        }

        return bootstrap.Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
    }
}
