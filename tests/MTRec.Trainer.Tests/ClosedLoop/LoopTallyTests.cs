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
}
