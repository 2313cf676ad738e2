using MTRec.Core.Fusion;
using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Data.Logs;
using MTRec.Learning.Algorithms.FixedPolicy;
using MTRec.Learning.Algorithms.MultiTask;
using Xunit;
using FixedFusion = MTRec.Learning.Algorithms.FixedPolicy.FixedPolicy;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class FixedPolicyTests
{
    private static readonly TaskDefinition[] Tasks = [new("click", 0, 1, 0.4f, "probability"), new("watchTime", 0, 400, 20, "seconds")];

    [Fact]
    public void Future_dwell_is_the_mean_of_the_next_impressions_of_the_same_user()
    {
        var log = Log(("a", 10, true), ("a", 20, false), ("a", 1000, true), ("b", 5, false));
        var dwell = FutureDwell.After(log, 5);
        Assert.Equal([(20 + 400) / 2.0, 400, double.NaN, double.NaN], dwell);
        Assert.Equal([20, 400, double.NaN, double.NaN], FutureDwell.After(log, 1));
    }

    [Fact]
    public void Correlations_are_those_of_behaviour_and_future_dwell()
    {
        // A click always foretells 30 seconds, none foretells 10.
        var rows = new List<(string, float, bool)>();
        foreach (var user in Enumerable.Range(0, 20))
            rows.AddRange([($"{user}", 7, user % 2 == 0), ($"{user}", user % 2 == 0 ? 30 : 10, false)]);
        var correlations = FutureDwell.Correlations(Log([.. rows]), [BehaviourTask.Default[0], BehaviourTask.Default[4]], 1);
        Assert.Equal(1, correlations[0], 10);
        Assert.Equal(0, correlations[1]);
    }

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void The_spread_of_each_contribution_is_its_correlation(FusionFormula formula)
    {
        var random = new Random(1);
        var scores = Enumerable.Range(0, 4000).Select(i => i % 2 == 0 ? random.NextSingle() : 400 * random.NextSingle()).ToArray();
        double[] correlations = [0.2, -0.05];

        var policy = FixedFusion.FromRewardWeights(formula, Tasks, correlations, [false, true], scores);

        Assert.Equal(Fuser.ActionNames(formula, ["click", "watchTime"]), policy.Fusion.Action.Select(dimension => dimension.Name));
        Assert.All(policy.Action.Zip(policy.Fusion.Action), pair => Assert.InRange(pair.First, pair.Second.Min, pair.Second.Max));
        for (var k = 0; k < 2; k++)
        {
            var alone = policy with { Action = [.. policy.Action.Select((value, i) => i < 2 && i != k ? 0 : value)] };
            var spread = FixedFusion.Standardise(alone.Fuse(Tasks, scores)).Deviation;
            Assert.Equal(Math.Abs(correlations[k]), spread, 3);
            Assert.Equal(Math.Sign(correlations[k]), MathF.Sign(policy.Action[k]));
        }
    }

    [Fact]
    public void What_users_hate_is_never_promoted_and_what_they_like_never_demoted()
    {
        BehaviourTask[] tasks = [BehaviourTask.Default[0], BehaviourTask.Default[2], BehaviourTask.Default[4], BehaviourTask.Default[5]];
        Assert.True(tasks[2].IsNegative);
        Assert.Equal([0.1, 0, 0, 0.3], FixedFusion.RewardWeights(tasks, [0.1, -0.2, 0.05, 0.3]));
        Assert.Equal([0.1, 0.2, -0.05, 0], FixedFusion.RewardWeights(tasks, [0.1, 0.2, -0.05, -0.3]));

        var random = new Random(3);
        var scores = Enumerable.Range(0, 2000).Select(i => i % 2 == 0 ? random.NextSingle() : 400 * random.NextSingle()).ToArray();
        var policy = FixedFusion.FromRewardWeights(FusionFormula.WeightedSum, Tasks, [0, 0.1], [true, false], scores);
        Assert.True(policy.Fusion.Action[0] is { Max: 0, Min: < 0 });
        Assert.True(policy.Fusion.Action[1] is { Min: 0, Max: > 0 });
        Assert.Equal(0, policy.Action[0]);
    }

    [Fact]
    public void A_constant_score_has_a_deviation_that_can_divide()
    {
        Assert.Equal(new Core.Blending.Standardiser(2, 1), FixedFusion.Standardise([2, 2, 2]));
        var policy = FixedFusion.FromRewardWeights(FusionFormula.WeightedSum, Tasks, [0.2, 0.1], [false, false], [0.5f, 10, 0.5f, 10]);
        Assert.All(policy.Action, value => Assert.Equal(0, value));
    }

    private static ImpressionLog Log(params (string User, float Watch, bool Click)[] rows) => LogCleaner.Clean(
        rows.Select((row, i) => new Impression
        {
            Row = i + 1,
            UserId = row.User,
            ItemId = $"{i}",
            TimestampMs = 1_650_000_000_000 + i,
            Hour = 1,
            Date = new DateOnly(2022, 4, 25),
            Tab = 1,
            Actions = row.Click ? UserActions.Click : UserActions.None,
            Recorded = UserActions.Click | UserActions.Hate,
            WatchSeconds = row.Watch,
            DurationSeconds = 50,
        }),
        out _);
}
