using MTRec.Trainer.Worker.Cycle;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class SwapComparisonTests
{
    private static readonly DateTimeOffset Swap = Start.AddDays(3);

    private readonly Dictionary<WatchedExposure, double> _rewards = [];

    [Fact]
    public void Without_a_control_it_is_held_against_the_last_day_of_the_version_before()
    {
        var others = Rows("1", Swap.AddDays(-2), ("a", 100), ("b", 100)).Concat(Rows("1", Swap.AddHours(-1), ("a", 1), ("b", 3))).ToArray();
        var compared = Compare(Rows("2", Swap, ("a", 5), ("b", 7)), others);

        Assert.Null(compared.ControlUsers);
        Assert.Equal((2, 2), (compared.Exposures, compared.PreviousExposures));
        var reward = compared.Differences.Single(figure => figure.Name == "reward");
        Assert.Equal((6, 2, 4), (reward.Own.Mean, reward.Previous.Mean, reward.Difference.Mean));

        // Two users each: 2 (1/2^2 + 1/2^2) a side.
        Assert.Equal(1 + 1, reward.Difference.Variance, 1e-12);
    }

    [Fact]
    public void Users_who_stayed_with_the_version_before_are_the_control()
    {
        // Who earned much before earns much now: theta is 1, and what is left is the version's doing.
        var before = Rows("1", Swap.AddHours(-5), ("a", 1), ("b", 3), ("c", 2), ("d", 6)).ToArray();
        var compared = Compare(Rows("2", Swap, ("a", 11), ("b", 13)), [.. before, .. Rows("1", Swap.AddMinutes(1), ("c", 2), ("d", 6))]);

        Assert.Equal(2, compared.ControlUsers);
        Assert.Equal("beside 2 users of default/1", compared.How);
        var reward = compared.Differences.Single(figure => figure.Name == "reward").Difference;
        Assert.Equal((12 - (2 - 3)) - (4 - (4 - 3)), reward.Mean, 1e-12);
        Assert.Equal(0, reward.Variance, 1e-12);
    }

    [Fact]
    public void Where_nobody_stayed_with_the_version_before_users_of_the_last_proven_one_are_the_control()
    {
        var before = Rows("5", Swap.AddHours(-5), ("a", 8), ("b", 10)).Concat(Rows("1", Swap.AddHours(-5), ("c", 4), ("d", 6)));
        var compared = Compare(Rows("6", Swap, ("a", 7), ("b", 9)), [.. before, .. Rows("1", Swap.AddMinutes(1), ("c", 9), ("d", 11))], "default/5", "default/1");

        Assert.Equal("beside 2 users of default/1", compared.How);
        Assert.True(compared.Differences.Single(figure => figure.Name == "reward").Difference.Mean < 0);
    }

    [Fact]
    public void What_changed_for_users_of_other_versions_is_no_doing_of_the_new_one()
    {
        var before = Rows("5", Swap.AddHours(-5), ("a", 8), ("b", 10)).Concat(Rows("1", Swap.AddHours(-5), ("c", 4), ("d", 6)));
        var compared = Compare(Rows("6", Swap, ("a", 7), ("b", 9)), [.. before, .. Rows("1", Swap.AddMinutes(1), ("c", 1), ("d", 3))], "default/5");

        Assert.Equal(2, compared.ControlUsers);
        var reward = compared.Differences.Single(figure => figure.Name == "reward");
        Assert.Equal((8, 9), (reward.Own.Mean, reward.Previous.Mean));
        Assert.Equal((8 - 9) - (2 - 5), reward.Difference.Mean, 1e-12);

        // Every user fell by as much as the others of their side: nothing is uncertain.
        Assert.Equal(0, reward.Difference.Variance, 1e-12);
    }

    [Fact]
    public void Replicas_that_swapped_late_are_no_control()
    {
        var late = Rows("1", Swap.AddSeconds(1), ("c", 4), ("d", 6)).ToArray();
        var own = Enumerable.Range(0, 100).SelectMany(i => Rows("2", Swap.AddMinutes(i), ($"u{i}", 1))).ToArray();
        Assert.Null(Compare(own, late).ControlUsers);
    }

    [Fact]
    public void Nothing_is_compared_with_nothing()
    {
        var compared = Compare([], []);
        Assert.Equal((0, 0, null), (compared.Exposures, compared.PreviousExposures, compared.ControlUsers));
    }

    private SwapComparison Compare(IReadOnlyList<WatchedExposure> own, IReadOnlyList<WatchedExposure> others, string previous = "default/1", string? proven = null) =>
        SwapComparison.Of(own, others, previous, proven ?? previous, row => _rewards[row]);

    private WatchedExposure[] Rows(string version, DateTimeOffset at, params (string User, double Reward)[] users) =>
        [.. users.Select(user =>
        {
            var row = new WatchedExposure(Exposure(user.User, $"{version}-{user.User}-{at:O}", at, $"default/{version}"), 1);
            _rewards.Add(row, user.Reward);
            return row;
        })];
}
