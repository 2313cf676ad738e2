using MTRec.Learning.Distributed;
using MTRec.Learning.Environments;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Fusion;

public sealed class CollectingTests : IDisposable
{
    private readonly MoodyUsers _users = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _users.Dispose();
    }

    [Fact]
    public void Bounded_draws_are_even_within_the_bounds_and_their_density_is_one_over_the_volume()
    {
        using var generator = new Generator(1);
        var mean = tensor(new[] { 0.2f, 0.95f }).expand(20_000, 2);

        var (action, density) = new Exploration.Bounded().Draw(mean, generator);

        var draws = action.Floats();
        Assert.All(draws.Where((_, i) => i % 2 == 0), x => Assert.InRange(x, 0.05f, 0.35001f));
        Assert.All(draws.Where((_, i) => i % 2 == 1), x => Assert.InRange(x, 0.8f - 1e-6f, 1f));
        Assert.Equal(0.2, draws.Where((_, i) => i % 2 == 0).Average(), 0.002);
        Assert.Equal(0.9, draws.Where((_, i) => i % 2 == 1).Average(), 0.002);
        Assert.Equal(-Math.Log(0.3 * 0.2), density[5].item<float>(), 1e-4);
    }

    [Theory]
    [InlineData(false, 0.3, 0.1)]
    [InlineData(false, 0.97, 0.1)]
    [InlineData(true, 0.3, 0.5)]
    public void Gaussian_draws_stay_inside_and_their_density_integrates_to_one(bool atRandom, double mean, double deviation)
    {
        using var generator = new Generator(2);
        Exploration exploration = atRandom ? new Exploration.AtRandom() : new Exploration.Gaussian();

        var (action, density) = exploration.Draw(full([100_000, 1], mean), generator);

        // E[1 / p(a)] over draws of p is the length of the interval.
        var values = action.Floats();
        Assert.All(values, x => Assert.InRange(x, -1, 1));
        if (deviation > 0.2)
            Assert.Equal(2, density.neg().exp().mean().item<float>(), 0.05);
        var centre = atRandom ? 0 : mean;
        var near = values.Count(x => x > centre - deviation && x < centre) / (double)values.Length;
        var above = values.Count(x => x >= centre) / (double)values.Length;
        var place = Array.FindIndex(values, x => Math.Abs(x - centre) < 0.002);

        // Closed forms of the truncated normal: the mass inside [-1, 1] divides.
        var inside = MathNet.Numerics.Distributions.Normal.CDF(centre, deviation, 1) - MathNet.Numerics.Distributions.Normal.CDF(centre, deviation, -1);
        Assert.Equal(0.3413 / inside, near, 0.01);
        Assert.Equal((inside - MathNet.Numerics.Distributions.Normal.CDF(centre, deviation, centre) + MathNet.Numerics.Distributions.Normal.CDF(centre, deviation, -1)) / inside, above, 0.01);
        Assert.Equal(-Math.Log(deviation * Math.Sqrt(2 * Math.PI) * inside), density[place].item<float>(), 1e-2);
    }

    [Fact]
    public void A_log_holds_whole_sessions_row_by_row_with_what_was_shown()
    {
        using var log = new LogCollector(_users, batch: 16).Collect(MoodyUsers.Even, new Exploration.Bounded(), sessions: 40, seed: 3);

        Assert.Equal(40, log.Session.Longs().Distinct().Count());
        var (session, step, next) = (log.Session.Longs(), log.Step.Longs(), log.Next.Longs());
        for (var row = 0; row < log.Count; row++)
        {
            var last = row + 1 == log.Count || session[row + 1] != session[row];
            Assert.Equal(last ? -1 : row + 1, next[row]);
            Assert.Equal(row == 0 || session[row - 1] != session[row] ? 0 : step[row - 1] + 1, step[row]);
        }

        // The mood does not change within a session, so that rows of different users were not mixed up.
        var mood = log.State.select(1, 0).Floats();
        Assert.All(Enumerable.Range(0, (int)log.Count - 1).Where(row => next[row] >= 0), row => Assert.Equal(mood[row], mood[row + 1]));
        Assert.Equal(log.Rewards.Floats(), log.ItemRewards.sum(1L).Floats());
        Assert.True((log.Action - log.Baseline).abs().max().item<float>() is > 0.14f and <= 0.15001f);
        Assert.Equal([1, 2], log.Action.shape[1..]);
        Assert.Equal([-0.15f, -0.15f], log.LowerBound.Floats());
    }

    [Fact]
    public void Where_every_item_has_its_action_the_log_holds_that_of_the_shown_ones()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Oracle, new Exploration.None(), sessions: 30, seed: 4);

        var observation = new Observation(log.State, ones(log.Count), log.TaskScores, log.Items);
        Assert.Equal([2, 2], log.Action.shape[1..]);
        Assert.True((MoodyUsers.Oracle.Act(observation) - log.Action).abs().max().item<float>() < 1e-5);
        var fused = MoodyUsers.Actions.Fuse(log.Action, log.TaskScores);
        Assert.True(fused.select(1, 0).ge(fused.select(1, 1)).all().item<bool>());
    }

    [Fact]
    public void The_same_seed_gives_the_same_log_and_logs_join()
    {
        var collector = new LogCollector(_users);
        using var first = collector.Collect(MoodyUsers.Even, new Exploration.AtRandom(), 20, 5);
        using var again = collector.Collect(MoodyUsers.Even, new Exploration.AtRandom(), 20, 5);
        using var other = collector.Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 6);
        using var joined = FusionLog.Join([first, other]);

        Assert.Equal(first.Action.Floats(), again.Action.Floats());
        Assert.Equal(first.Rewards.Floats(), again.Rewards.Floats());
        Assert.Equal(first.Count + other.Count, joined.Count);
        Assert.Equal(40, joined.Session.Longs().Distinct().Count());
        Assert.Equal([-2f, -2f], joined.LowerBound.Floats());
        var next = joined.Next.Longs();
        Assert.Equal(-1, next[first.Count - 1]);
        Assert.All(Enumerable.Range(0, next.Length), row => Assert.True(next[row] == -1 || next[row] == row + 1));
    }

    [Fact]
    public void A_batch_pairs_each_step_with_the_one_after()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 7);
        var batch = TransitionBatch.Of(log, tensor([0L, log.Count - 1]));

        Assert.Equal(log.Next[0].item<long>() < 0 ? 0 : 1, batch.Continues[0, 0].item<float>());
        Assert.Equal(0, batch.Continues[1, 0].item<float>());
        Assert.Equal(log.State[1].Floats(), batch.NextState[0].Floats());
        Assert.Equal(log.Baseline[1].Floats(), batch.NextBaseline[0].Floats());
        Assert.Equal(log.Items[1].Floats(), batch.NextItems[0].Floats());

        using var sampler = new TransitionSampler(log, 1);
        using var same = new TransitionSampler(log, 1);
        using var whole = World.Alone.Parts(1);
        using var halves = new BatchParts(World.Alone, [0, 1], 2, seed: 1);
        var drawn = Assert.Single(sampler.Draw(whole.Of(7))).State;
        var sliced = same.Draw(halves.Of(7));
        Assert.Equal(drawn[TensorIndex.Slice(0, null, 2)].Floats(), sliced[0].State.Floats());
        Assert.Equal(drawn[TensorIndex.Slice(1, null, 2)].Floats(), sliced[1].State.Floats());
    }

    [Fact]
    public void Evaluation_orders_the_known_policies_and_pairs_their_users()
    {
        var evaluation = new PolicyEvaluation(_users, sessions: 2000, seed: 8);
        var even = evaluation.Of(MoodyUsers.Even);
        var mood = evaluation.Of(MoodyUsers.ByMood);
        var oracle = evaluation.Of(MoodyUsers.Oracle);
        var bootstrap = new UserBootstrap(1, 200);

        Assert.True(mood.Above(even, bootstrap).Low > 0.5);
        Assert.True(oracle.Above(mood, bootstrap).Low > 0.3);
        Assert.Equal(even.Returns, evaluation.Of(MoodyUsers.Even).Returns);
        Assert.Equal(even.Rewards.Average(groups => groups[0]) * 30, even.Seconds.Average(), 0.01);
        Assert.Equal(1, even.ActionShares[0][PolicyEvaluation.ActionBins / 2]);
        Assert.Equal(1, mood.ActionShares[1].Sum(), 1e-9);
        Assert.All(even.Steps, steps => Assert.InRange(steps, 1, 20));
    }
}
