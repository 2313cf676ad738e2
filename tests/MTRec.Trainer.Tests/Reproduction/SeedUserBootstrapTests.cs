using MTRec.Trainer.Reproduction.Fusion;
using Xunit;

namespace MTRec.Trainer.Tests.Reproduction;

public sealed class SeedUserBootstrapTests
{
    [Fact]
    public void The_interval_of_users_of_one_seed_is_that_of_their_mean()
    {
        var random = new Random(1);
        double[] users = [.. Enumerable.Range(0, 400).Select(_ => random.NextDouble())];
        var estimate = new SeedUserBootstrap(4000).Mean([users]);

        Assert.Equal(users.Average(), estimate.Value, 1e-12);
        var halfWidth = 1.96 * Math.Sqrt(1.0 / 12 / 400);
        Assert.Equal(2 * halfWidth, estimate.High - estimate.Low, halfWidth * 0.2);
        Assert.InRange(estimate.Value, estimate.Low, estimate.High);
    }

    [Fact]
    public void What_differs_between_seeds_widens_it()
    {
        double[][] alike = [[1, 1], [1, 1], [1, 1]];
        double[][] apart = [[0, 0], [1, 1], [2, 2]];

        Assert.Equal(0, new SeedUserBootstrap(500).Mean(alike).High - new SeedUserBootstrap(500).Mean(alike).Low);
        var estimate = new SeedUserBootstrap(4000).Mean(apart);
        Assert.Equal(1, estimate.Value, 1e-12);

        // Three draws of three: all lowest in 1 of 27, which is above 2.5 %.
        Assert.Equal((0.0, 2.0), (estimate.Low, estimate.High));
    }
}
