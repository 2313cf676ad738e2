using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Fusion;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class EnhancedRlTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly MoodyUsers _users = new();

    public void Dispose()
    {
        _scope.Dispose();
        _users.Dispose();
    }

    [Fact]
    public void A_list_is_worth_the_sum_of_its_pairs()
    {
        // One group, one critic, one request with two items.
        var nextQ = tensor(new float[] { 3, 4 }, [1, 1, 1, 2]);
        var future = PairLosses.Future(tensor(new[,] { { 1f } }), tensor(new[,] { { 1f, 0.5f } }), nextQ, 0.9);
        Assert.Equal(0.9 * (3 + 2), future.item<float>(), 1e-5);
        Assert.Equal(0, PairLosses.Future(tensor(new[,] { { 0f } }), ones(1, 2), nextQ, 0.9).item<float>());

        var q = tensor(new float[] { 5, 1 }, [1, 1, 1, 2]);
        var rewards = tensor(new float[] { 2, 1 }, [1, 2, 1]);
        Assert.Equal(Math.Pow(6 - 3 - 4.5, 2), PairLosses.ListLoss(q, rewards, future).item<float>(), 1e-4);
        Assert.Equal(Math.Pow(5 - 2 - 2.25, 2) + Math.Pow(1 - 1 - 2.25, 2), PairLosses.ItemLoss(q, rewards, future).item<float>(), 1e-4);
    }

    [Fact]
    public void The_chance_of_a_choice_counts_those_a_candidate_stands_for()
    {
        var chances = PairLosses.Choice(tensor(new[,] { { 2f, 1f, 0f } }), shown: 1, weight: 3, temperature: 0.5).Floats();
        double[] weights = [Math.Exp(4), 3 * Math.Exp(2), 3];
        Assert.Equal(weights.Select(weight => (float)(weight / weights.Sum())), chances, new Near());
    }

    [Theory]
    [InlineData(EnhancedRlCredit.List)]
    [InlineData(EnhancedRlCredit.Item)]
    public void The_future_comes_from_the_target_networks(EnhancedRlCredit credit)
    {
        using var log = Log(MoodyUsers.Even, 0, 20);
        using var learner = New(credit, EnhancedRlObjective.Choice);
        learner.Use(log);
        learner.TargetCritics.Answer(1, 2, 3, 4);
        learner.Critics.Answer(0, 0, 0, 0);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));

        var future = tensor(new float[] { 1, 2, 3, 4 }, [2, 2, 1]) * (2 * 0.9) * batch.Continues.squeeze(1);
        Assert.True(future.allclose(learner.Future(batch), atol: 1e-3));
        using var scale = RewardScale.Weights(log, null);
        var rewards = batch.ItemRewards * scale;
        var expected = credit == EnhancedRlCredit.List
            ? (rewards.sum(1L).transpose(0, 1).unsqueeze(1) + future).square().mean([2L]).sum()
            : (rewards.permute(2, 0, 1).unsqueeze(1) + (future / 2).unsqueeze(-1)).square().sum(-1).mean([2L]).sum();
        Assert.Equal(expected.item<float>(), learner.CriticLoss(batch).Loss.item<float>(), 1e-2);
    }

    [Fact]
    public void The_actor_loses_outside_of_the_bounds_and_wins_by_what_it_brings_into_the_list()
    {
        using var log = Log(MoodyUsers.Even, 0, 20);
        using var learner = New(EnhancedRlCredit.Item, EnhancedRlObjective.Choice);
        learner.Use(log);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));

        // Where all candidates are worth the same, a choice wins nothing: sum of w_g mean_i over the shown, no disagreement.
        learner.Critics.Answer(3, 3, 2, 2);
        Assert.Equal(-2 * (3 + 2), learner.ActorLoss(batch).item<float>(), 1e-3);

        // Outside by 0.5 in both dimensions: 2 exp(0.5 / 0.09) a pair, eta 1.2.
        learner.Policy.StartAt(full(2, 0.65f));
        var outside = learner.ActorLoss(batch).item<float>() + 10;
        Assert.InRange(outside / (1.2 * 2 * Math.Exp(0.5 / 0.09)), 0.7, 1.4);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0.5, 0.025 / 0.045)]
    public void A_reach_keeps_the_actor_nearer_than_the_bounds(double reach, double excess)
    {
        using var log = Log(MoodyUsers.Even, 0, 20);
        using var learner = New(EnhancedRlCredit.Item, EnhancedRlObjective.Choice, reach);
        learner.Use(log);
        learner.Critics.Answer(3, 3, 2, 2);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));

        // Bounds of 0.15 around 0, beta 0.3.
        learner.Policy.StartAt(full(2, 0.1f));
        var penalty = learner.ActorLoss(batch).item<float>() + 10;
        var expected = excess == 0 ? 0 : 1.2 * 2 * Math.Exp(excess);
        Assert.InRange(penalty, (0.7 * expected) - 1e-3, (1.4 * expected) + 1e-3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Every_candidate_is_bounded_around_its_own_baseline(int list)
    {
        using var log = Log(MoodyUsers.Oracle, 0, 20);
        using var learner = New(EnhancedRlCredit.Item, EnhancedRlObjective.Choice, reach: 0.01);
        learner.Use(log);
        learner.Critics.Answer(0, 0, 0, 0);
        using (no_grad())
        {
            foreach (var parameter in learner.Policy.parameters())
                parameter.add_(randn_like(parameter) * 0.3);
        }

        using var around = log.Around(learner.Policy);
        var batch = TransitionBatch.Of(around, arange(0, 16, dtype: ScalarType.Int64));
        var shown = batch with
        {
            Items = batch.Items.narrow(1, 0, list),
            TaskScores = batch.TaskScores.narrow(1, 0, list),
            Baseline = batch.Baseline.narrow(1, 0, list),
        };

        // What has not moved is outside of nothing; one candidate that has is.
        Assert.Equal(0, learner.ActorLoss(shown).item<float>(), 1e-5);
        batch.PassedOver!.Baseline[.., 0] += 0.1f;
        Assert.True(learner.ActorLoss(shown).item<float>() > 1);
    }

    [Fact]
    public void Critics_that_climb_do_not_take_the_climb_for_an_actions_effect()
    {
        // Rewards do not depend on the action but rise from one log to the next, while every action is far from 0.
        using var served = new ConstantPolicy("served", MoodyUsers.Actions, [0.8f, -0.8f]);
        using var log = Log(served, 0, 300);
        var chance = randn(log.ItemRewards.shape, generator: new Generator(4));
        var options = new EnhancedRlOptions
        {
            Critics = 2,
            CriticHidden = [8, 4],
            ExpertWidth = 8,
            Objective = EnhancedRlObjective.Value,
            BatchSize = 32,
            CriticWarmUp = int.MaxValue,
            CriticRate = 3e-3,
            Discount = 0,
        };
        using var learner = new EnhancedRl(MoodyUsers.Actions, 3, 2, 2, options);
        learner.Use(Earning(chance));
        learner.Use(Earning(chance + 4));
        for (var update = 0; update < 300; update++)
            learner.Update();

        var batch = TransitionBatch.Of(log, arange(0, 256, dtype: ScalarType.Int64));
        var climbed = ValueAt(0.8f);
        Assert.True(climbed > 5, $"{climbed}");
        Assert.InRange(ValueAt(0.9f) - ValueAt(0.7f), -0.06 * climbed, 0.06 * climbed);

        FusionLog Earning(Tensor rewards) => log with { ItemRewards = rewards, Rewards = rewards.sum(1L) };

        float ValueAt(float action)
        {
            learner.Policy.StartAt(tensor(new[] { action, -action }));
            return -learner.ActorLoss(batch).item<float>();
        }
    }

    [Fact]
    public void It_learns_from_a_few_rounds_what_single_items_tell()
    {
        var learner = new EnhancedRl(
            MoodyUsers.Actions, 3, 2, 2, new EnhancedRlOptions { Critics = 3, BatchSize = 64, CriticRate = 3e-3, ActorRate = 3e-3, TargetEvery = 3, Discount = 0.8, CriticWarmUp = 60 });
        using (learner)
        {
            var training = new ProgressiveTraining((policy, round) => Log(policy, round, 1000), rounds: 5, updates: 120);
            using var policy = training.Run(learner, MoodyUsers.Even, "test");

            var evaluation = new PolicyEvaluation(_users, 500, 13);
            var gain = evaluation.Of(policy).Above(evaluation.Of(MoodyUsers.Even), new(1, 200));
            Assert.True(gain.Low > 3, $"{gain}");
        }
    }

    [Fact]
    public void A_log_without_alternatives_is_refused()
    {
        using var log = new LogCollector(_users, perCandidate: true).Collect(MoodyUsers.Even, new Exploration.Bounded(), 5, 1);
        using var learner = New(EnhancedRlCredit.Item, EnhancedRlObjective.Choice);
        Assert.Contains("passed over", Assert.Throws<ArgumentException>(() => learner.Use(log)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Passed_over_candidates_are_such_as_were_not_shown()
    {
        using var log = Log(MoodyUsers.Oracle, 0, 30);
        var passed = log.PassedOver!;
        Assert.Equal(10 / 4.0, passed.Weight);
        var shown = MoodyUsers.Oracle.Score(new(log.State, ones(log.Count), log.TaskScores, log.Items));
        Assert.Equal([2, 2], log.Action.shape[1..]);
        Assert.Equal([4, 2], passed.Baseline.shape[1..]);
        Assert.True(passed.TaskScores.unsqueeze(2).eq(log.TaskScores.unsqueeze(1)).all(-1).any().item<bool>() is false);
        Assert.True(shown.mean().item<float>() > MoodyUsers.Oracle.Score(new(log.State, ones(log.Count), passed.TaskScores, passed.Items)).mean().item<float>());
    }

    private static EnhancedRl New(EnhancedRlCredit credit, EnhancedRlObjective objective, double reach = 1) => new(
        MoodyUsers.Actions, 3, 2, 2, new EnhancedRlOptions { Critics = 2, CriticHidden = [8, 4], ExpertWidth = 8, Credit = credit, Objective = objective, Reach = reach, BatchSize = 32 });

    private FusionLog Log(IActionPolicy policy, int round, int sessions) =>
        new LogCollector(_users, perCandidate: true, passedOver: 4).Collect(policy, new Exploration.Bounded(), sessions, 20 + round);
}
