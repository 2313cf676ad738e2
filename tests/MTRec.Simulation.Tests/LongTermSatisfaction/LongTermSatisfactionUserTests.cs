using MTRec.Simulation.LongTermSatisfaction;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.LongTermSatisfaction;

public sealed class LongTermSatisfactionUserTests
{
    private static readonly LongTermSatisfactionOptions Certain = new() { Innovation = 0, ChocDeviation = 0, KaleDeviation = 0, Sensitivity = 0.5 };

    [Fact]
    public void Without_noise_the_equations_hold_to_the_letter()
    {
        using var scope = NewDisposeScope();
        using var user = new LongTermSatisfactionUser(Certain);
        var observation = user.Reset(20, 1);
        float[]? before = null;
        for (var step = 0; step < 6; step++)
        {
            var clickbait = observation.Candidates!.data<float>().ToArray();
            var outcome = user.Advance(zeros(20, 1));
            var engagement = outcome.Rewards.data<float>().ToArray();
            for (var session = 0; session < 20; session++)
            {
                double satisfaction = user.Satisfaction[session];
                Assert.Equal(Math.Exp(((clickbait[session] * 5) + ((1 - clickbait[session]) * 4)) * satisfaction), engagement[session], 1e-3);
                Assert.Equal(before is null ? satisfaction : before[session], satisfaction, 1e-6);

                // x by the inverse of the sigmoid.
                var exposure = Math.Log(satisfaction / (1 - satisfaction)) / 0.5;
                var next = (0.7 * exposure) - (2 * (clickbait[session] - 0.5));
                Assert.Equal(1 / (1 + Math.Exp(-0.5 * next)), user.SatisfactionAfter[session], 1e-4);
            }

            before = user.SatisfactionAfter;
            observation = outcome.Next;
        }
    }

    [Fact]
    public void Engagement_varies_as_its_deviations_say()
    {
        using var scope = NewDisposeScope();
        using var user = new LongTermSatisfactionUser(new LongTermSatisfactionOptions { ChocDeviation = 2, KaleDeviation = 0.5 });
        var clickbait = user.Reset(20_000, 1).Candidates!.data<float>().ToArray();
        var engagement = user.Advance(zeros(20_000, 1)).Rewards.data<float>().ToArray();
        var errors = Enumerable.Range(0, 20_000).Select(i => new
        {
            Error = Math.Log(engagement[i]) - ((4 + clickbait[i]) * user.Satisfaction[i]),
            Deviation = (2 * clickbait[i]) + (0.5 * (1 - clickbait[i])),
        }).ToArray();
        Assert.Equal(0, errors.Average(e => e.Error / e.Deviation), 0.03);
        Assert.Equal(1, errors.Average(e => e.Error * e.Error / e.Deviation / e.Deviation), 0.05);
    }

    [Fact]
    public void The_state_holds_what_a_feed_saw_latest_first()
    {
        using var scope = NewDisposeScope();
        using var user = new LongTermSatisfactionUser(new LongTermSatisfactionOptions());
        var first = user.Reset(1, 4).Candidates!.item<float>();
        var one = user.Advance(zeros(1, 1));
        var second = one.Next.Candidates!.item<float>();
        var two = user.Advance(zeros(1, 1));
        var state = two.Next.State.data<float>().ToArray();
        float[] expected = [second, MathF.Log(two.Rewards.item<float>()) / 5, first, MathF.Log(one.Rewards.item<float>()) / 5, 0, 0, 2 / 60f];
        Assert.Equal(expected, state);
        var response = two.Responses!.data<float>().ToArray();
        Assert.Equal([two.Rewards.item<float>() > Math.Exp(2.25) ? 1f : 0, two.Rewards.item<float>()], response);
    }

    [Fact]
    public void Chance_does_not_depend_on_the_actions_and_the_budget_ends_sessions()
    {
        using var scope = NewDisposeScope();
        var options = Certain with { Candidates = 2, TimeBudget = 3, ChocDeviation = 1 };
        using var one = new LongTermSatisfactionUser(options);
        using var other = new LongTermSatisfactionUser(options);
        one.Reset(10, 2);
        other.Reset(10, 2);
        for (var step = 0; step < 3; step++)
        {
            var left = one.Advance(tensor(new[] { 1f, 0 }).expand(10, 2));
            var right = other.Advance(tensor(new[] { 0f, 1 }).expand(10, 2));
            Assert.True(left.Next.Candidates!.equal(right.Next.Candidates!).all().item<bool>());
            Assert.False(left.Rewards.equal(right.Rewards).all().item<bool>());
            Assert.Equal(step == 2 ? 1 : 0, left.Ended.min().item<float>());
            Assert.Equal(step == 2 ? 0 : 1, left.Next.Active.max().item<float>());
        }

        var after = one.Advance(zeros(10, 2));
        Assert.Equal(0, after.Rewards.max().item<float>());
        Assert.Equal(0, after.Ended.max().item<float>());
        Assert.All(one.Satisfaction, satisfaction => Assert.True(float.IsNaN(satisfaction)));
    }
}
