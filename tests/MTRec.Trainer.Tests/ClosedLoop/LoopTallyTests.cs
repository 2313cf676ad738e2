using MTRec.Learning.Evaluation;
using MTRec.Trainer.ClosedLoop;
using Xunit;

namespace MTRec.Trainer.Tests.ClosedLoop;

public sealed class LoopTallyTests
{
    [Fact]
    public void Figures_are_means_of_sessions_and_a_user_of_many_days_is_one_user()
    {
        var tally = new LoopTally();
        Add(0, "a", user: 0, reward: 1, satisfaction: 5, "click");
        Add(0, "a", user: 0, reward: 2, satisfaction: 7, "click", "longView");
        Add(0, "a", user: 1, reward: 5, satisfaction: 9);
        Add(0, "b", user: 2, reward: 10, satisfaction: 1);
        Add(1, "a", user: 0, reward: 4, satisfaction: 2);
        var bootstrap = new UserBootstrap(1, 500);

        Assert.Equal([0, 1], tally.Days);
        Assert.Equal(["a", "b"], tally.Variants);
        Assert.Equal((2, 1, 3, 0), (tally.Count(0, "a"), tally.Count(1, "a"), tally.Count(null, "a"), tally.Count(1, "b")));
        var first = tally.Means(0, "a", bootstrap);
        Assert.Equal(4, Of(first, "reward").Value);
        Assert.Equal((3, 5), (Of(first, "reward").Low, Of(first, "reward").High));
        Assert.Equal(8, Of(first, "satisfaction at the end").Value);
        Assert.Equal(1, Of(first, "clicks").Value);
        Assert.Equal(0.5, Of(first, "long views").Value);
        Assert.Equal(1.5, Of(first, "items seen").Value);
        var all = Of(tally.Means(null, "a", bootstrap), "reward");
        Assert.Equal(4, all.Value);

        // User 0's two sessions are drawn together: 3.5 of them, or user 1's 5.
        Assert.Equal((3.5, 5), (all.Low, all.High));
        Assert.True(double.IsNaN(Of(tally.Means(1, "b", bootstrap), "reward").Value));

        void Add(int day, string variant, int user, double reward, double satisfaction, params string[] actions) =>
            tally.Add(day, variant, user, new LoopResponse(reward, satisfaction, [new ItemResponse("v", actions, 1)]));

        static Estimate Of(IReadOnlyList<Estimate> means, string figure) => means[LoopFigure.All.Index().Single(pair => pair.Item.Name == figure).Index];
    }

    [Fact]
    public void What_users_did_on_the_first_day_takes_variance_out_of_a_difference()
    {
        // Users differ by far more than the variants do: the reward is the user's own, half of it on the next day, and 1 where "b" ranks.
        var tally = new LoopTally();
        var chance = new Random(3);
        for (var user = 0; user < 400; user++)
        {
            var (variant, own) = (user % 2 == 0 ? "a" : "b", 20 * chance.NextDouble());
            for (var day = 0; day < 3; day++)
                Add(day, variant, user, day == 0 ? own : (own / 2) + chance.NextDouble() + (variant == "b" ? 1 : 0));
        }

        Add(1, "b", 400, 1e6);
        var bootstrap = new UserBootstrap(1, 500);

        var difference = tally.Differences(1, "b", "a", bootstrap)[LoopFigure.Reward];
        var both = tally.Differences(null, "b", "a", bootstrap)[LoopFigure.Reward];

        // Errors are those of what is left, .29 sqrt(4 / 400) = .029, not of the users, 2.9 sqrt(4 / 400) = .29. Who was not there on the first day does not count.
        Assert.InRange(difference.Value, 0.9, 1.1);
        Assert.InRange(difference.High - difference.Low, 0.09, 0.14);
        Assert.InRange(both.Value, 0.9, 1.1);
        Assert.InRange(both.High - both.Low, 0.06, 0.1);
        Assert.True(double.IsNaN(tally.Differences(1, "b", "c", bootstrap)[LoopFigure.Reward].Value));

        // By hand: theta = 3, the means differ by 4 and by 1 before.
        Assert.Equal(1, AdjustedMean.Difference([2, 12, 4, 30, 10], [2, 4, 2, 10, 4]), 9);

        void Add(int day, string variant, int user, double reward) => tally.Add(day, variant, user, new LoopResponse(reward, 0, [new ItemResponse("v", [], 1)]));
    }
}
