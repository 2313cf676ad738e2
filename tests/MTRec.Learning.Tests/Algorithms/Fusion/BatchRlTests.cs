using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Fusion;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class BatchRlTests : IDisposable
{
    private static readonly BatchRlOptions Small = new() { Hidden = [16, 8], BatchSize = 32, Samples = 4, TargetEvery = 3, TargetRate = 0.25 };

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly MoodyUsers _users = new();

    public void Dispose()
    {
        _scope.Dispose();
        _users.Dispose();
    }

    [Fact]
    public void The_generators_loss_is_reconstruction_plus_divergence()
    {
        var rebuilt = tensor(new[,] { { 0.5f, 0 } });
        var action = tensor(new[,] { { 0, 0.25f } });
        var mean = tensor(new[,] { { 1f, -0.5f } });
        var logDeviation = tensor(new[,] { { 0f, (float)Math.Log(2) } });

        // KL of N(m, d): (m^2 + d^2 - 1) / 2 - ln d.
        var divergence = (((1 + 1 - 1) / 2.0) + (((0.25 + 4 - 1) / 2) - Math.Log(2))) / 2;
        var expected = ((0.25 + 0.0625) / 2) + (0.5 * divergence);
        Assert.Equal(expected, Bcq.GeneratorLoss(rebuilt, action, mean, logDeviation, 0.5).item<float>(), 1e-5);
    }

    [Fact]
    public void The_target_is_the_best_action_by_the_lower_critic_and_ends_with_the_session()
    {
        // Minimum over the critics first, then the maximum over the actions: 2 and 5; the other order would give 3 and 6.
        var nextQ = tensor(new float[,,] { { { 1, 2 }, { 5, 9 } }, { { 4, 3 }, { 6, 0 } } });
        var target = Bcq.Target(tensor(new[] { 10f, 20f }), tensor(new[] { 1f, 0f }), nextQ, 0.9);
        Assert.Equal([10 + (0.9f * 2), 20], target.Floats());
        Assert.Equal(20 + (0.9f * 5), Bcq.Target(tensor(new[] { 10f, 20f }), tensor(new[] { 1f, 1f }), nextQ, 0.9).Floats()[1], 1e-5f);
    }

    [Fact]
    public void The_critics_loss_is_the_sum_of_their_mean_squares() =>
        Assert.Equal(((1 + 9) / 2.0) + ((4 + 0) / 2.0), Bcq.CriticLoss(tensor(new[,] { { 1f, 5 }, { 4, 2 } }), tensor(new[] { 2f, 2 })).item<float>(), 1e-5);

    [Fact]
    public void Targets_come_from_the_target_networks_which_follow_slowly()
    {
        using var log = Log(20);
        using var learner = new BatchRl(log, MoodyUsers.Actions, Small);
        var batch = TransitionBatch.Of(log, arange(0, 16, dtype: ScalarType.Int64));
        using var scale = RewardScale.Weights(log, null);
        learner.TargetNetworks.Critics.Answer(7, 3);
        learner.Policy.Critics.Answer(100, 100);

        var expected = (batch.Rewards * scale).sum(-1) + (0.95 * 3 * batch.Continues.squeeze(1));
        Assert.True(expected.allclose(learner.Target(batch), atol: 1e-4));

        var before = learner.TargetNetworks.Critics.parameters().Last().Floats();
        learner.Update();
        learner.Update();
        Assert.Equal(before, learner.TargetNetworks.Critics.parameters().Last().Floats());
        learner.Update();
        var own = learner.Policy.Critics.parameters().Last().Floats();
        Assert.Equal(before.Zip(own, (target, source) => (0.75f * target) + (0.25f * source)), learner.TargetNetworks.Critics.parameters().Last().Floats(), new Near());
    }

    [Fact]
    public void The_policy_takes_the_proposal_with_the_highest_first_critic_and_moves_by_rho_at_most()
    {
        using var policy = new BatchRlPolicy(MoodyUsers.Actions, 3, Small);
        policy.Stir(4);
        var state = randn(6, 3);
        using var generator = new Generator(5);
        var latents = BatchRlPolicy.Latents([6 * 4, policy.LatentWidth], generator);
        var (proposals, states) = policy.Propose(state, latents);
        Assert.InRange((proposals - policy.Decode(states, latents)).abs().max().item<float>(), 0.01, 0.15001);

        var acted = policy.Act(new Environments.Observation(state, ones(6)));
        var again = policy.Act(new Environments.Observation(state, ones(6)));
        Assert.Equal(acted.Floats(), again.Floats());
        Assert.Equal([6, 1, 2], acted.shape);
    }

    [Fact]
    public void It_learns_to_rank_better_than_the_policies_of_its_log()
    {
        using var log = Log(3000);
        var options = new BatchRlOptions { Updates = 600, Hidden = [32, 16], BatchSize = 128, Samples = 5, CriticRate = 3e-3, PerturbationRate = 3e-3, TargetEvery = 2, Discount = 0.8 };
        using var policy = BatchRl.Train(log, MoodyUsers.Actions, options);

        var evaluation = new PolicyEvaluation(_users, 500, 12);
        var gain = evaluation.Of(policy).Above(evaluation.Of(MoodyUsers.Even), new(1, 200));
        Assert.True(gain.Low > 0.5, $"{gain}");
    }

    private FusionLog Log(int sessions)
    {
        var collector = new LogCollector(_users);
        using var random = collector.Collect(MoodyUsers.Even, new Exploration.AtRandom(), sessions / 2, 1);
        using var around = collector.Collect(MoodyUsers.Even, new Exploration.Gaussian(), sessions / 2, 2);
        return FusionLog.Join([random, around]);
    }
}

/// <summary>Floats that are equal to 1e-5.</summary>
internal sealed class Near : IEqualityComparer<float>
{
    public bool Equals(float x, float y) => Math.Abs(x - y) < 1e-5f;

    public int GetHashCode(float obj) => 0;
}
