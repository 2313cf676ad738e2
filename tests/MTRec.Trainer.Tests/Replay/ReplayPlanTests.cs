using FsCheck;
using FsCheck.Fluent;
using MTRec.Data.Logs;
using MTRec.Trainer.Replay;
using Xunit;

namespace MTRec.Trainer.Tests.Replay;

public sealed class ReplayPlanTests
{
    private static readonly Impression[] Log =
    [
        .. Enumerable.Range(1, 200).Select(row => new Impression
        {
            Row = row,
            UserId = $"u{row * 7 % 13}",
            ItemId = $"v{row * 31 % 60}",
            TimestampMs = 1_000_000 + (row * 37 % 200),
        }),
    ];

    [Fact]
    public void Each_step_ranks_the_shown_item_among_others_that_the_user_never_sees()
    {
        var seen = Log.ToLookup(row => row.UserId, row => row.ItemId);
        Prop.ForAll(Gen.Choose(1, 70).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (candidates, seed) =>
        {
            var plan = new ReplayPlan(Log, candidates, seed, int.MaxValue);
            return Log.All(row =>
            {
                var step = plan.Step(row);
                var others = 60 - seen[row.UserId].Distinct().Count();
                return step.Candidates[step.ShownPlace] == row.ItemId
                    && step.Candidates.Length == Math.Min(candidates, others + 1)
                    && step.Candidates.Distinct().Count() == step.Candidates.Length
                    && step.Candidates.Where(item => item != row.ItemId).All(item => !seen[row.UserId].Contains(item));
            });
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_same_seed_draws_the_same_and_another_does_not()
    {
        string[] Draw(int seed) => [.. Log.SelectMany(row => new ReplayPlan(Log, 10, seed, int.MaxValue).Step(row).Candidates)];

        Assert.Equal(Draw(1), Draw(1));
        Assert.NotEqual(Draw(1), Draw(2));
    }

    [Fact]
    public void The_shown_item_stands_at_every_place_about_equally_often()
    {
        var plan = new ReplayPlan(Log, 4, 1, int.MaxValue);
        var counts = Enumerable.Range(0, 4000).Select(row => plan.Step(Log[0] with { Row = row }).ShownPlace).CountBy(place => place).ToDictionary();

        // 1000 expected, standard deviation 27.
        Assert.All(Enumerable.Range(0, 4), place => Assert.InRange(counts[place], 860, 1140));
    }

    [Fact]
    public void A_user_is_in_one_hand_in_the_order_of_time_and_the_limit_takes_the_first()
    {
        var plan = new ReplayPlan(Log.Append(Log[0] with { Row = 201 }).Append(Log[1] with { Flaws = RowFlaws.BadFlag }), 5, 1, 150);
        var hands = plan.Deal(4);

        Assert.Equal(150, plan.Count);
        Assert.Equal(Log.OrderBy(row => row.TimestampMs).Take(150).Select(row => row.Row).Order(), hands.SelectMany(hand => hand).Select(row => row.Row).Order());
        Assert.All(hands, hand => Assert.Equal(hand.OrderBy(row => row.TimestampMs), hand));
        Assert.All(Log.Select(row => row.UserId).Distinct(), user => Assert.True(hands.Count(hand => hand.Any(row => row.UserId == user)) <= 1));
    }
}
