using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

public sealed class UserSumsTests
{
    [Theory]
    [InlineData(2, 501)]
    [InlineData(3, 500)]
    [InlineData(7, 501)]
    public void Resamples_of_a_mean_spread_as_theory_says(int columns, int users)
    {
        var random = new Random(columns);
        var sums = new UserSums(users, columns);
        var values = new double[users];
        for (var user = 0; user < users; user++)
        {
            values[user] = sums[user, columns - 2] = random.NextDouble();
            sums[user, columns - 1] = 1;
        }

        var draws = new UserBootstrap(3, 8000).Draws(sums, total => total[columns - 2] / total[columns - 1]);

        var mean = values.Average();
        var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)) / users);
        Assert.Equal(mean, draws.Average(), 5 * deviation / Math.Sqrt(8000));
        Assert.Equal(1, Math.Sqrt(draws.Average(draw => (draw - mean) * (draw - mean))) / deviation, 0.05);
        var interval = new UserBootstrap(3, 8000).Interval(sums, total => total[columns - 2] / total[columns - 1]);
        Assert.Equal(mean, interval.Value, 12);
        Assert.Equal(mean - (1.96 * deviation), interval.Low, 0.15 * deviation);
        Assert.Equal(mean + (1.96 * deviation), interval.High, 0.15 * deviation);
    }

    [Fact]
    public void Every_resample_draws_as_many_users_as_there_are()
    {
        var sums = new UserSums(77, 1);
        for (var user = 0; user < 77; user++)
            sums[user, 0] = 1;
        Assert.All(new UserBootstrap(1, 100).Draws(sums, total => total[0]), draw => Assert.Equal(77, draw));
    }

    [Fact]
    public void The_seed_decides_the_draws()
    {
        var sums = new UserSums(50, 1);
        for (var user = 0; user < 50; user++)
            sums[user, 0] = user;
        var draws = new UserBootstrap(4, 333).Draws(sums, total => total[0]);
        Assert.Equal(draws, new UserBootstrap(4, 333).Draws(sums, total => total[0]));
        Assert.NotEqual(draws, new UserBootstrap(5, 333).Draws(sums, total => total[0]));
        Assert.True(draws.Distinct().Count() > 150);
    }

    [Fact]
    public void Resamples_without_a_value_are_left_out()
    {
        // One user in ten has weight: some resamples of ten have none.
        var sums = new UserSums(10, 2);
        (sums[3, 0], sums[3, 1]) = (5, 1);
        var draws = new UserBootstrap(2, 1000).Draws(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]);
        Assert.InRange(draws.Count(double.IsNaN), 290, 410);
        Assert.Equal(new Estimate(5, 5, 5), new UserBootstrap(2, 1000).Interval(sums, total => total[1] == 0 ? double.NaN : total[0] / total[1]));
        var nobody = new UserBootstrap(2, 10).Interval(new UserSums(0, 2), total => total[0] / total[1]);
        Assert.True(double.IsNaN(nobody.Value) && double.IsNaN(nobody.Low) && double.IsNaN(nobody.High));
    }
}
