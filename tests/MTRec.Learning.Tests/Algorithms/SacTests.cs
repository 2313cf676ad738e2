using MTRec.Learning.Algorithms.Sac;
using MTRec.Learning.Environments;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class SacTests
{
    [Fact]
    public void Losses_have_their_closed_forms()
    {
        using var scope = NewDisposeScope();
        // r = 1, min Q' = 3, log pi = -2, alpha = 0.1: 1 + 0.9 (3 + 0.2); at an end r alone.
        var target = Sac.Target(tensor(new[] { 1.0, 1 }), tensor(new[] { 0.0, 1 }), tensor(new[] { 3.0, 3 }), tensor(new[] { -2.0, -2 }), tensor(0.1), 0.9);
        Assert.Equal([1 + (0.9 * 3.2), 1], target.data<double>().ToArray(), (x, y) => Math.Abs(x - y) < 1e-12);
        Assert.Equal((0.1 * -2) - 3, Sac.ActorLoss(tensor(new[] { 3.0 }), tensor(new[] { -2.0 }), tensor(0.1)).item<double>(), 10);

        // (1 + 4) / 2 of the first critic and (0 + 1) / 2 of the second, halved.
        Assert.Equal(1.5, Sac.CriticLoss(tensor(new[] { 1.0, 2, 0, 1 }, 2, 2), zeros(2, ScalarType.Float64)).item<double>(), 10);

        // Entropy -5 is below the target -1: descent must raise the temperature.
        var logTemperature = TorchSharp.torch.nn.Parameter(tensor(new[] { Math.Log(0.5) }));
        var loss = Sac.TemperatureLoss(logTemperature, tensor(new[] { 5.0 }), targetEntropy: -1);
        Assert.Equal(-0.5 * 4, loss.item<double>(), 10);
        loss.backward();
        Assert.Equal(-0.5 * 4, logTemperature.grad!.item<double>(), 10);
    }

    [Fact]
    public void Targets_come_from_the_target_networks_which_follow_by_their_rate()
    {
        using var users = new PointUsers();
        using var learner = new Sac(
            new SacOptions { Width = 8, TargetRate = 0.25, LearningRate = 1e-2, InitialTemperature = 0.3, Replay = 10 }, users, Reward, seed: 3);
        using var scope = NewDisposeScope();
        var batch = new Replayed(randn(16, 2), rand(16, 1), randn(16), randn(16, 2), (arange(16) < 4).to_type(ScalarType.Float32));
        Assert.True(learner.Critics.parameters().First().Equals(learner.Targets.parameters().First()));
        using (no_grad())
        {
            foreach (var parameter in learner.Targets.parameters())
                parameter.zero_();
            // Q'_1 = 7 and Q'_2 = 2 everywhere.
            learner.Targets.parameters().Last().copy_(tensor(new[] { 7f, 2 }).reshape(2, 1, 1));
        }

        manual_seed(9);
        var target = learner.Target(batch);
        manual_seed(9);
        var expected = batch.Reward + (0.99 * (1 - batch.Ended) * (2 - (0.3 * learner.Policy.Draw(batch.Next).LogDensity)));
        Assert.True(target.allclose(expected, 1e-4, 1e-5));

        var before = learner.Critics.parameters().Last().Floats();
        learner.Update(batch);
        var critics = learner.Critics.parameters().Last().Floats();
        var targets = learner.Targets.parameters().Last().Floats();
        Assert.NotEqual(before, critics);
        Assert.Equal((0.75 * 7) + (0.25 * critics[0]), targets[0], 1e-4);
        Assert.Equal((0.75 * 2) + (0.25 * critics[1]), targets[1], 1e-4);
    }

    [Fact]
    public void Critics_learn_the_rewards_of_steps_that_end_sessions()
    {
        using var users = new PointUsers();
        using var learner = new Sac(new SacOptions { Width = 16, LearningRate = 1e-2, Replay = 10 }, users, Reward, seed: 4);
        using var scope = NewDisposeScope();
        var action = (rand(128, 1) * 2) - 1;
        var batch = new Replayed(zeros(128, 2), action, 2 * action.squeeze(1), zeros(128, 2), ones(128));
        for (var update = 0; update < 150; update++)
        {
            using var step = NewDisposeScope();
            learner.Update(batch);
        }

        var q = learner.Critics.call(cat([batch.State, action], 1))[0];
        Assert.True((q - batch.Reward).abs().mean().item<float>() < 0.2);
        // The reward rises with the action, so the policy does.
        Assert.True(learner.Policy.call(batch.State).mean().item<float>() > 0.5);
    }

    [Fact]
    public void It_finds_the_best_actions_and_holds_the_entropy()
    {
        using var users = new PointUsers();
        var options = new SacOptions
        {
            Discount = 0.5,
            Width = 16,
            LearningRate = 1e-2,
            BatchSize = 64,
            WarmUp = 96,
            Sessions = 32,
            Replay = 2000,
            UpdatesPerStep = 0.2,
            TargetRate = 0.05,
            InitialTemperature = 0.2,
        };
        using var learner = new Sac(options, users, Reward, seed: 1);
        for (var iteration = 0; iteration < 25; iteration++)
            Assert.Equal(32 * PointUsers.Steps, learner.Iterate());

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var first = tensor(new[] { -1f, 0, 1, 0 }, 2, 2);
        Assert.Equal([-0.5, 0.5], learner.Policy.call(first).Floats().Select(x => (double)x), (x, y) => Math.Abs(x - y) < 0.2);
        // The policy begins wider than the entropy of -1 that it aims at: the temperature falls.
        Assert.True(learner.Temperature < 0.2);
    }

    [Fact]
    public void A_full_buffer_forgets_the_oldest_steps()
    {
        using var scope = NewDisposeScope();
        using var replay = new ReplayBuffer(5, 1, 1);
        for (var i = 0; i < 7; i++)
        {
            var value = full(2, (float)i);
            replay.Add(tensor(new[] { 1L }), new Replayed(value.unsqueeze(1), value.unsqueeze(1), value, value.unsqueeze(1), value));
        }

        Assert.Equal(5, replay.Count);
        manual_seed(1);
        var drawn = replay.Draw(200);
        Assert.Equal([2f, 3, 4, 5, 6], drawn.Reward.Floats().Distinct().Order());
        Assert.True(drawn.State.squeeze(1).Equals(drawn.Reward));
        Assert.True(drawn.Next.squeeze(1).Equals(drawn.Ended));
    }

    private static Tensor Reward(Tensor state, Tensor action, Outcome outcome) => outcome.Rewards.squeeze(-1);
}
