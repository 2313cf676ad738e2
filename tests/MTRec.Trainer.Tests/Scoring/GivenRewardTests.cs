using MTRec.Core.Bundles;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Trainer.Scoring;
using Xunit;

namespace MTRec.Trainer.Tests.Scoring;

public sealed class GivenRewardTests
{
    private static readonly GivenReward Reward = new(new MentalRewardSection("qr-iql", 0.9f, 10, ["longView", "like"]));

    [Fact]
    public void It_is_the_chosen_q_less_the_discounted_soft_value_of_what_came_next()
    {
        var q = new SoftQ(-0.25f, 1.5f);
        var next = new SoftQ(0.5f, 2f);
        var value = Math.Log(Math.Exp(0.5) + Math.Exp(2));

        Assert.Equal(1.5 - (0.9 * value), Reward.Of(q, positive: true, next), 6);
        Assert.Equal(-0.25 - (0.9 * value), Reward.Of(q, positive: false, next), 6);
    }

    [Theory]
    [InlineData(1000f, 999f)]
    [InlineData(-1000f, -999f)]
    public void The_soft_value_of_large_q_is_finite(float skip, float positive) =>
        Assert.Equal(Math.Max(skip, positive) + Math.Log(1 + Math.Exp(-1)), new SoftQ(skip, positive).Value, 6);

    [Theory]
    [InlineData(UserActions.LongView, UserActions.LongView, RowFlaws.None, true)]
    [InlineData(UserActions.Click, UserActions.Click | UserActions.LongView | UserActions.Like, RowFlaws.None, false)]
    [InlineData(UserActions.Click, UserActions.Click | UserActions.LongView, RowFlaws.None, null)]
    [InlineData(UserActions.None, UserActions.None, RowFlaws.None, null)]
    [InlineData(UserActions.LongView, UserActions.LongView, RowFlaws.BadFlag, null)]
    public void A_response_is_known_where_the_row_tells_of_it(UserActions actions, UserActions recorded, RowFlaws flaws, bool? positive) =>
        Assert.Equal(positive, Reward.IsPositive(new Impression
        {
            Row = 1,
            UserId = "u",
            ItemId = "v",
            TimestampMs = 1,
            Actions = actions,
            Recorded = recorded,
            Flaws = flaws,
        }));
}
