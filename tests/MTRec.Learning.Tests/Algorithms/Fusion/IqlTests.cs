using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class IqlTests : IDisposable
{
    private static readonly IqlOptions Small = new()
    {
        Discount = 0.9,
        LearningRate = 3e-3,
        TargetRate = 0.02,
        Temperature = 10,
        BatchSize = 128,
        Updates = 1200,
        Hidden = [32, 32],
        Seed = 2,
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_value_loss_weighs_what_lies_above_by_the_expectile()
    {
        Assert.Equal(((0.7f * 4) + (0.3f * 1)) / 2, Iql.ValueLoss(tensor(new[] { 2f, -1f }), 0.7).item<float>(), 1e-5f);

        // Its minimum for values 0 and 1 in equal parts is the expectile itself: 0.7 (1 - v) = 0.3 v.
        var value = tensor(0.7f).requires_grad_();
        Iql.ValueLoss(tensor(new[] { 0f, 1f }) - value, 0.7).backward();
        Assert.Equal(0, value.grad!.item<float>(), 1e-6f);
    }

    [Fact]
    public void The_critics_fit_the_reward_and_the_next_value()
    {
        var target = Iql.Target(tensor(new[] { 1f, 2f }), tensor(new[] { 1f, 0f }), tensor(new[] { 4f, 9f }), 0.5);
        Assert.Equal([3f, 2f], target.Floats());
        Assert.Equal(((0 + 1) / 2f) + ((1 + 16) / 2f), Iql.CriticLoss(tensor(new float[,] { { 1, 2 }, { 0, 5 } }), tensor(new[] { 1f, 1f })).item<float>(), 1e-5f);
    }

    [Fact]
    public void The_actor_imitates_by_advantage_up_to_the_largest_weight()
    {
        var density = tensor(new[] { -1f, -2f, -3f }).requires_grad_();
        var loss = Iql.ActorLoss(tensor(new[] { 0f, 0.5f, 9f }), density, 2, 100);
        Assert.Equal((1 + (2 * Math.E) + 300) / 3, loss.item<float>(), 1e-4);
        loss.backward();
        Assert.Equal(-100 / 3f, density.grad![2].item<float>(), 1e-4f);
    }

    [Fact]
    public void The_density_is_the_normal_one()
    {
        var density = Iql.LogDensity(tensor(new float[,] { { 0.5f, 0 } }), tensor(new float[,] { { 0.1f, 0.3f } }), tensor(new[] { -1f, 0.5f }));
        var expected = MathNet.Numerics.Distributions.Normal.PDFLn(0.1, Math.Exp(-1), 0.5) + MathNet.Numerics.Distributions.Normal.PDFLn(0.3, Math.Exp(0.5), 0);
        Assert.Equal(expected, density.item<float>(), 1e-5);
    }

    [Fact]
    public void Learns_the_best_actions_of_both_steps()
    {
        using var log = TwoStepLog.Of(1500);
        using var policy = Trained(log, Small);
        Assert.Equal(TwoStepLog.BestX, policy.Act(TwoStepLog.First)[0, 0].item<float>(), 0.2);
        Assert.Equal(TwoStepLog.BestY, policy.Act(TwoStepLog.Second)[0, 1].item<float>(), 0.2);
        Assert.Equal("iql", policy.Algorithm);
    }

    [Fact]
    public void Never_leaves_the_log()
    {
        using var log = TwoStepLog.Of(800, reach: 0.1);
        using var policy = Trained(log, Small with { Updates = 400 });
        Assert.True(policy.Act(cat([TwoStepLog.First, TwoStepLog.Second])).abs().max().item<float>() < 0.2);
    }

    [Fact]
    public void Judges_advantages_by_target_networks_that_follow_slowly()
    {
        using var log = TwoStepLog.Of(50);
        using var learner = new Iql(log, TwoStepLog.Actions, Small with { LearningRate = 0.05 });
        using var sampler = new RequestSampler(log, null, 1);
        using var parts = World.Alone.Parts(1);
        var batch = sampler.Draw(parts.Of(64))[0];
        var critic = learner.TargetCritics.parameters().First();
        var weights = critic.detach().clone();
        learner.Update();
        Assert.InRange((critic - weights).abs().max().item<float>(), 1e-6, 0.05 * 0.02 * 1.01);
        Assert.Equal(
            learner.TargetCritics.call(cat([batch.State, batch.Action], -1)).amin([0L]).Floats(), learner.TargetQ(batch).Floats());
    }

    private static ActorPolicy Trained(FusionLog log, IqlOptions options)
    {
        using var learner = new Iql(log, TwoStepLog.Actions, options);
        return (ActorPolicy)FusionTraining.Run(learner, options.Updates, "test", null);
    }
}
