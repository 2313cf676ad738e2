using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class Td3Tests : IDisposable
{
    private static readonly Td3Options Small = new()
    {
        Discount = 0.9,
        LearningRate = 3e-3,
        TargetRate = 0.02,
        BatchSize = 128,
        Updates = 1500,
        Hidden = [32, 32],
        Seed = 2,
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_target_is_the_reward_and_the_smaller_next_value_where_the_session_goes_on()
    {
        var target = Td3.Target(tensor(new[] { 1f, 2f }), tensor(new[] { 1f, 0f }), tensor(new float[,] { { 10, 10 }, { 4, 20 } }), 0.5);
        Assert.Equal([1 + (0.5f * 4), 2f], target.Floats());
    }

    [Fact]
    public void The_target_s_action_is_smoothed_by_clipped_noise() =>
        Assert.Equal([0.6f, -0.9f, 1f], Td3.Smooth(tensor(new[] { 0.5f, -0.4f, 0.9f }), tensor(new[] { 0.1f, -3f, 0.4f }), 0.5).Floats().Select(x => MathF.Round(x, 5)));

    [Fact]
    public void The_critics_loss_is_the_sum_of_their_mean_squares()
    {
        var q = tensor(new float[,] { { 1, 2 }, { 0, 5 } });
        Assert.Equal(((0 + 1) / 2f) + ((1 + 16) / 2f), Td3.CriticLoss(q, tensor(new[] { 1f, 1f })).item<float>(), 1e-5f);
    }

    [Fact]
    public void The_actor_climbs_q_and_with_cloning_keeps_to_the_log()
    {
        var q = tensor(new[] { 2f, -4f }).requires_grad_();
        var chosen = tensor(new float[,] { { 0.5f }, { 0 } });
        var logged = tensor(new float[,] { { 0 }, { 0 } });
        Assert.Equal(1, Td3.ActorLoss(q, chosen, logged, null).item<float>());

        // alpha 2.5 / mean |Q| 3 times mean Q -1, and mean square 0.125.
        var loss = Td3.ActorLoss(q, chosen, logged, 2.5);
        Assert.Equal((2.5f / 3) + 0.125f, loss.item<float>(), 1e-5f);
        loss.backward();
        Assert.Equal([-2.5f / 6, -2.5f / 6], q.grad!.Floats().Select(x => x), (a, b) => Math.Abs(a - b) < 1e-5);
    }

    [Fact]
    public void Learns_the_best_actions_of_both_steps()
    {
        using var log = TwoStepLog.Of(1500);
        using var policy = Trained(log, Small);
        Assert.Equal(TwoStepLog.BestX, policy.Act(TwoStepLog.First)[0, 0].item<float>(), 0.15);
        Assert.Equal(TwoStepLog.BestY, policy.Act(TwoStepLog.Second)[0, 1].item<float>(), 0.15);
        Assert.Equal("td3", policy.Algorithm);
    }

    [Fact]
    public void Leaves_a_narrow_log_where_cloning_stays()
    {
        using var log = TwoStepLog.Of(1000, reach: 0.1);
        using var plain = Trained(log, Small with { Updates = 600 });
        using var cloning = Trained(log, Small with { Updates = 600, BehaviourCloning = 0.05 });
        Assert.True(Farthest(plain) > 0.5, $"{Farthest(plain)}");
        Assert.True(Farthest(cloning) < 0.25, $"{Farthest(cloning)}");

        static double Farthest(ActorPolicy policy) => policy.Act(cat([TwoStepLog.First, TwoStepLog.Second])).abs().max().item<float>();
    }

    [Fact]
    public void Bootstraps_by_target_networks_that_follow_slowly()
    {
        using var log = TwoStepLog.Of(50);
        using var learner = new Td3(log, TwoStepLog.Actions, Small with { TargetNoise = 0, LearningRate = 0.05 });
        using var sampler = new RequestSampler(log, null, 1);
        using var parts = World.Alone.Parts(1);
        var batch = sampler.Draw(parts.Of(64))[0];
        var before = learner.Target(batch).Floats();
        var critic = learner.TargetCritics.parameters().First();
        var weights = critic.detach().clone();

        // The actor and the targets move every second time alone.
        learner.Update();
        Assert.Equal(before, learner.Target(batch).Floats());
        learner.Update();
        Assert.NotEqual(before, learner.Target(batch).Floats());
        var moved = (critic - weights).abs().max().item<float>();
        Assert.InRange(moved, 1e-6, 0.05 * 2 * 0.02 * 1.01);

        var own = batch.Reward + (0.9 * batch.Continues * learner.TargetCritics.call(cat([batch.NextState, learner.TargetPolicy.Act(batch.NextState)], -1)).amin([0L]));
        Assert.Equal(own.Floats(), learner.Target(batch).Floats());
    }

    [Fact]
    public void Repeats_itself_and_refuses_actions_of_single_items()
    {
        using var log = TwoStepLog.Of(100);
        var options = Small with { Updates = 20 };
        using var one = Trained(log, options);
        using var two = Trained(log, options);
        Assert.Equal(one.Act(TwoStepLog.First).Floats(), two.Act(TwoStepLog.First).Floats());

        var items = log with { Action = log.Action.expand(-1, 3, -1) };
        Assert.Throws<ArgumentException>(() => new Td3(items, TwoStepLog.Actions, options));
    }

    private static ActorPolicy Trained(FusionLog log, Td3Options options)
    {
        using var learner = new Td3(log, TwoStepLog.Actions, options);
        return (ActorPolicy)FusionTraining.Run(learner, options.Updates, "test", null);
    }
}
