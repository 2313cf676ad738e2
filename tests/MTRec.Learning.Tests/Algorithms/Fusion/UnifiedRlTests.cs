using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Fusion;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class UnifiedRlTests : IDisposable
{
    private static readonly UnifiedRlOptions Small = new() { Hidden = [16, 8], CriticHidden = [8, 4], Critics = 2, BatchSize = 32, TargetEvery = 3, TargetRate = 0.25 };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly MoodyUsers _users = new();

    public void Dispose()
    {
        _scope.Dispose();
        _users.Dispose();
    }

    [Fact]
    public void Outside_of_the_bounds_the_penalty_rises_and_trust_falls()
    {
        var (lower, upper) = (tensor(new[] { -0.1f, -0.2f }), tensor(new[] { 0.1f, 0.2f }));
        var action = tensor(new[,] { { 0.55f, 0f }, { 0.8f, -0.3f } });
        var excess = ExploredBounds.Excess(action, tensor(new[] { 0.5f, 0 }), lower, upper, beta: 0.5);

        // (0.3 - 0.1) / (0.5 * 0.2) = 2 and (0.3 - 0.2) / (0.5 * 0.4) = 0.5.
        Assert.Equal([0, 0, 2, 0.5f], excess.Floats(), new Near());
        Assert.Equal([0, (float)(Math.Exp(2) + Math.Exp(0.5))], ExploredBounds.Penalty(excess).Floats(), new Near());
        Assert.Equal([1, (float)Math.Exp(-2.5)], ExploredBounds.Trust(excess).Floats(), new Near());
    }

    [Fact]
    public void Every_critic_has_its_own_target()
    {
        var target = EnsembleLosses.Target(
            rewards: tensor(new[,] { { 1f, 10 }, { 2, 20 } }),
            continues: tensor(new[,] { { 1f }, { 0 } }),
            trust: tensor(new[] { 0.5f, 1 }),
            nextQ: tensor(new float[,,] { { { 4, 5 }, { 6, 7 } }, { { 8, 9 }, { 2, 3 } } }),
            discount: 0.9);

        // [group, critic, row]: the second row ended.
        Assert.Equal([1 + (0.45f * 4), 2, 1 + (0.45f * 6), 2, 10 + (0.45f * 8), 20, 10 + (0.45f * 2), 20], target.Floats(), new Near());
        Assert.Equal(((1 + 4) / 2.0) + ((9 + 0) / 2.0), EnsembleLosses.CriticLoss(tensor(new float[,,] { { { 1, 2 }, { 3, 4 } } }), tensor(new float[,,] { { { 2, 4 }, { 0, 4 } } })).item<float>(), 1e-5);
    }

    [Fact]
    public void The_actors_loss_weighs_groups_disagreement_and_bounds()
    {
        var q = tensor(new float[,,] { { { 1, 4 }, { 3, 4 } }, { { 10, 0 }, { 10, 2 } } });
        var loss = EnsembleLosses.ActorLoss(q, tensor(new[] { 1f, 0.5f }), tensor(new[] { 0f, 2 }), disagreement: 0.2, eta: 1.2);

        // First row: mean 2 + 0.5 * 10, deviation 1; second: 4 + 0.5 * 1, deviation 0.5 of weight 0.5, penalty 2.
        var first = -(2 + 5) + (0.2 * 1);
        var second = -(4 + 0.5) + (0.2 * 0.5) + (1.2 * 2);
        Assert.Equal((first + second) / 2, loss.item<float>(), 1e-4);
    }

    [Fact]
    public void Losses_have_the_slopes_of_finite_differences()
    {
        manual_seed(3);
        var q = randn([2, 3, 4], ScalarType.Float64, requires_grad: true);
        var baseline = zeros([4, 2], ScalarType.Float64);
        var action = (randn([4, 2], ScalarType.Float64) * 0.5).detach().requires_grad_();
        var (lower, upper) = (tensor(new[] { -0.15, -0.1 }), tensor(new[] { 0.15, 0.2 }));
        Tensor Loss(Tensor values, Tensor a) => EnsembleLosses.ActorLoss(
            values + a.sum(-1), tensor(new[] { 1.0, -0.5 }), ExploredBounds.Penalty(ExploredBounds.Excess(a, baseline, lower, upper, 0.3)), 0.2, 1.2);
        Loss(q, action).backward();
        for (var i = 0; i < 8; i++)
        {
            using var quiet = no_grad();
            var step = zeros(8, ScalarType.Float64);
            step[i] = 1e-6;
            var slope = (Loss(q, action + step.reshape(4, 2)) - Loss(q, action - step.reshape(4, 2))).item<double>() / 2e-6;
            Assert.Equal(slope, action.grad!.flatten()[i].item<double>(), 1e-4);
        }
    }

    [Fact]
    public void Targets_come_from_the_target_networks_and_are_trusted_by_the_bounds()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 1);
        using var learner = new UnifiedRl(MoodyUsers.Actions, 3, 2, Small);
        learner.Use(log);
        learner.TargetCritics.Answer(1, 2, 3, 4);
        learner.Critics.Answer(100, 100, 100, 100);
        using var scale = RewardScale.Weights(log, null);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));

        // The actor begins at the baseline: inside of the bounds, trust is 1.
        var expected = (batch.Rewards * scale).transpose(0, 1).unsqueeze(1) + (0.9 * batch.Continues.squeeze(1) * tensor(new float[] { 1, 2, 3, 4 }, [2, 2, 1]));
        Assert.True(expected.allclose(learner.Target(batch), atol: 1e-4));

        // 0.65 - 0.15 beyond in both dimensions: phi = exp(-2 * 0.5 / (0.3 * 0.3)).
        learner.TargetActor.StartAt(full(2, 0.65f));
        var far = learner.Target(batch) - (batch.Rewards * scale).transpose(0, 1).unsqueeze(1);
        var near = expected - (batch.Rewards * scale).transpose(0, 1).unsqueeze(1);
        Assert.True(far.abs().max().item<float>() < near.abs().max().item<float>() * Math.Exp(-1 / 0.09) * 1.5);
    }

    [Fact]
    public void The_learners_actor_pays_for_leaving_the_bounds_and_for_disagreement()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 1);
        using var learner = new UnifiedRl(MoodyUsers.Actions, 3, 2, Small);
        learner.Use(log);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));

        // Group means 3 and 5, deviations 1 and 0; inside of the bounds.
        learner.Critics.Answer(2, 4, 5, 5);
        Assert.Equal(-(3 + 5) + (0.2 * 1), learner.ActorLoss(batch).item<float>(), 1e-3);

        // 0.5 beyond in both dimensions, in units of beta times the width 0.3.
        learner.Policy.StartAt(full(2, 0.65f));
        var outside = learner.ActorLoss(batch).item<float>() + 7.8;
        Assert.InRange(outside / (1.2 * 2 * Math.Exp(0.5 / 0.09)), 0.7, 1.4);
    }

    [Fact]
    public void Target_networks_follow_slowly()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 1);
        using var learner = new UnifiedRl(MoodyUsers.Actions, 3, 2, Small);
        learner.Use(log);
        learner.TargetCritics.Stir(8);
        var before = learner.TargetCritics.parameters().First().Floats();
        var actor = learner.TargetActor.parameters().Last().Floats();
        learner.Update();
        learner.Update();
        Assert.Equal(before, learner.TargetCritics.parameters().First().Floats());
        learner.Update();
        Assert.Equal(
            before.Zip(learner.Critics.parameters().First().Floats(), (target, source) => (0.75f * target) + (0.25f * source)),
            learner.TargetCritics.parameters().First().Floats(),
            new Near());
        Assert.Equal(
            actor.Zip(learner.Policy.parameters().Last().Floats(), (target, source) => (0.75f * target) + (0.25f * source)),
            learner.TargetActor.parameters().Last().Floats(),
            new Near());
    }

    [Fact]
    public void Critics_that_climb_do_not_take_the_climb_for_an_actions_effect()
    {
        // Rewards do not depend on the action but rise from one log to the next, while every action is far from 0.
        using var served = new ConstantPolicy("served", MoodyUsers.Actions, [0.8f, -0.8f]);
        using var log = new LogCollector(_users).Collect(served, new Exploration.Bounded(), 300, 1);
        var chance = randn(log.Rewards.shape, generator: new Generator(4));
        using var learner = new UnifiedRl(MoodyUsers.Actions, 3, 2, Small with { CriticWarmUp = int.MaxValue, CriticRate = 3e-3, Discount = 0 });
        learner.Use(log with { Rewards = chance });
        learner.Use(log with { Rewards = chance + 4 });
        for (var update = 0; update < 300; update++)
            learner.Update();

        var batch = TransitionBatch.Of(log, arange(0, 256, dtype: ScalarType.Int64));
        var climbed = ValueAt(0.8f);
        Assert.InRange(climbed, 5, 6.5);
        Assert.InRange(ValueAt(0.9f) - ValueAt(0.7f), -0.06 * climbed, 0.06 * climbed);

        float ValueAt(float action)
        {
            learner.Policy.StartAt(tensor(new[] { action, -action }));
            return -learner.ActorLoss(batch).item<float>();
        }
    }

    [Fact]
    public void Progressive_training_explores_around_the_newest_policy_and_ends_above_the_first()
    {
        var collector = new LogCollector(_users);
        var baselines = new List<string>();
        using var learner = new UnifiedRl(MoodyUsers.Actions, 3, 2, new UnifiedRlOptions { Critics = 6, Hidden = [32, 16], BatchSize = 128, ActorRate = 2e-3, CriticRate = 3e-3, TargetEvery = 3, Discount = 0.8, CriticWarmUp = 150 });
        var training = new ProgressiveTraining(
            (policy, round) =>
            {
                baselines.Add(policy.Algorithm);
                return collector.Collect(policy, new Exploration.Bounded(), 2000, 10 + round);
            },
            rounds: 3,
            updates: 250);
        using var policy = training.Run(learner, MoodyUsers.Even, "test");

        Assert.Equal(["even", "unified-rl", "unified-rl"], baselines);
        var evaluation = new PolicyEvaluation(_users, 500, 13);
        var gain = evaluation.Of(policy).Above(evaluation.Of(MoodyUsers.Even), new(1, 200));
        Assert.True(gain.Low > 0.5, $"{gain}");
    }

    [Fact]
    public void An_older_log_seen_around_another_policy_has_that_ones_actions_as_its_baseline()
    {
        using var log = new LogCollector(_users).Collect(MoodyUsers.Even, new Exploration.Bounded(), 20, 1);
        using var around = log.Around(MoodyUsers.ByMood);

        Assert.Equal(log.Action.Floats(), around.Action.Floats());
        Assert.Equal(MoodyUsers.ByMood.Act(new(log.State, ones(log.Count))).Floats(), around.Baseline.Floats());
    }
}
