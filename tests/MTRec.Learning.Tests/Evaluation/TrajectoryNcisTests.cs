using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

public sealed class TrajectoryNcisTests
{
    [Fact]
    public void It_is_the_length_weighted_by_capped_probabilities()
    {
        // rho = .5, .1, .02; lengths 2, 4, 10.
        double[] logs = [Math.Log(0.5), Math.Log(0.1), Math.Log(0.02)];
        int[] lengths = [2, 4, 10];
        Assert.Equal(((0.5 * 2) + (0.1 * 4) + (0.02 * 10)) / 0.62, new TrajectoryNcis(logs, lengths).Value([1, 1, 1]), 12);
        Assert.Equal(((0.2 * 2) + (0.1 * 4) + (0.02 * 10)) / 0.32, new TrajectoryNcis(logs, lengths, cap: 0.2).Value([1, 1, 1]), 12);
        Assert.Equal(((2 * 0.1 * 4) + (0.02 * 10)) / 0.22, new TrajectoryNcis(logs, lengths).Value([0, 2, 1]), 12);
        Assert.Equal(0.62 * 0.62 / ((0.5 * 0.5) + (0.1 * 0.1) + (0.02 * 0.02)), new TrajectoryNcis(logs, lengths).EffectiveUsers(), 12);
        Assert.True(double.IsNaN(new TrajectoryNcis(logs, lengths).Value([0, 0, 0])));
    }

    [Fact]
    public void Trajectories_far_too_long_for_a_product_are_weighed()
    {
        // exp(-2000) is 0 in doubles; only the ratio e^-1 counts.
        var ncis = new TrajectoryNcis([-2000, -2001], [100, 200]);
        Assert.Equal((100 + (Math.Exp(-1) * 200)) / (1 + Math.Exp(-1)), ncis.Value([1, 1]), 9);
    }

    [Fact]
    public void Probabilities_multiply_along_a_trajectory()
    {
        var logit = (float)Math.Log(3);
        var logs = TrajectoryNcis.LogProbabilities([logit, logit, 0, -900], [true, false, true, false], [0, 0, 1, 1], 2);
        Assert.Equal(Math.Log(0.75 * 0.25), logs[0], 6);
        Assert.Equal(Math.Log(0.5), logs[1], 6);
        Assert.Equal(-900, TrajectoryNcis.LogProbabilities([-900], [true], [0], 1)[0], 6);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.5)]
    public void A_cap_is_a_probability(double cap) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TrajectoryNcis([0], [1], cap));

    [Fact]
    public void Resampling_seeds_widens_the_interval_by_their_spread()
    {
        // Users agree, seeds differ: 10 or 20.
        var estimate = new SeedAndUserBootstrap(1).Interval(50, 2, (seed, counts) => seed == 0 ? 10 : 20);
        Assert.Equal((15, 10, 20), (estimate.Value, estimate.Low, estimate.High));

        // Seeds agree, users differ: the interval of a mean, sd 1/2 over 400 users.
        var users = new SeedAndUserBootstrap(1).Interval(400, 3, (_, counts) => Enumerable.Range(0, 400).Where(user => user % 2 == 0).Sum(Count(counts.ToArray())) / 400.0);
        Assert.Equal(0.5, users.Value);
        Assert.InRange(users.High - users.Low, 0.08, 0.12);

        static Func<int, int> Count(int[] counts) => user => counts[user];
    }
}
