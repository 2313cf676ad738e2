using MathNet.Numerics.Distributions;
using MTRec.Learning.Algorithms.Ppo;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class PpoTests
{
    [Fact]
    public void Advantages_have_their_closed_form_and_stop_at_a_sessions_end()
    {
        using var scope = NewDisposeScope();
        // Session one goes on after the last step; session two ends at the second.
        var rewards = tensor(new[] { 1f, 10, 2, 20, 3, 99 }, 3, 2);
        var values = tensor(new[] { 0.5f, 5, 0.25f, 4, 1, 77, 2, 88 }, 4, 2);
        var ended = tensor(new[] { 0f, 0, 0, 1, 0, 0 }, 3, 2);
        var advantages = Ppo.Advantages(rewards, values, ended, discount: 0.9, lambda: 0.8);

        var third = 3 + (0.9 * 2) - 1;
        var second = 2 + (0.9 * 1) - 0.25 + (0.72 * third);
        var first = 1 + (0.9 * 0.25) - 0.5 + (0.72 * second);
        var ending = 20.0 - 4;
        var beforeEnding = 10 + (0.9 * 4) - 5 + (0.72 * ending);
        double[] expected = [first, beforeEnding, second, ending];
        Assert.Equal(expected, advantages.narrow(0, 0, 2).Floats().Select(x => (double)x), (x, y) => Math.Abs(x - y) < 1e-4);
        Assert.Equal(third, advantages[2, 0].item<float>(), 1e-4);
    }

    [Theory]
    [InlineData(1.5, 1, 1.2, 0)]
    [InlineData(0.5, 1, 0.5, 0.5)]
    [InlineData(1.5, -1, -1.5, -1.5)]
    [InlineData(0.5, -1, -0.8, 0)]
    [InlineData(1.1, 2, 2.2, 2.2)]
    public void The_objective_is_the_lower_of_plain_and_clipped(double ratio, double advantage, double value, double slope)
    {
        using var scope = NewDisposeScope();
        var logRatio = TorchSharp.torch.nn.Parameter(tensor(new[] { Math.Log(ratio) }));
        var objective = Ppo.ClippedObjective(logRatio, tensor(new[] { advantage }), clip: 0.2);
        objective.backward();
        Assert.Equal(value, objective.item<double>(), 6);
        Assert.Equal(slope, logRatio.grad!.item<double>(), 6);
    }

    [Fact]
    public void The_density_is_the_normal_distributions()
    {
        using var scope = NewDisposeScope();
        var density = Ppo.LogDensity(tensor(new[] { 0.3, -1 }, 1, 2), tensor(new[] { 0.1, 0.5 }, 1, 2), tensor(new[] { Math.Log(0.4), Math.Log(2) }));
        Assert.Equal(Normal.PDFLn(0.1, 0.4, 0.3) + Normal.PDFLn(0.5, 2, -1), density.item<double>(), 10);
    }

    [Fact]
    public void It_finds_the_best_actions_and_their_value()
    {
        using var users = new PointUsers();
        var options = new PpoOptions { Discount = 0.9, LearningRate = 5e-3, Sessions = 64, Epochs = 6, InitialDeviation = 0.3, Width = 16 };
        using var learner = new Ppo(options, users, (_, _, outcome) => outcome.Rewards.squeeze(-1), seed: 1);
        for (var iteration = 0; iteration < 25; iteration++)
            Assert.Equal(64 * PointUsers.Steps, learner.Iterate());

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var first = tensor(new[] { -1f, 0, 1, 0 }, 2, 2);
        Assert.Equal([-0.5, 0.5], learner.Policy.call(first).Floats().Select(x => (double)x), (x, y) => Math.Abs(x - y) < 0.12);
        // 1 + 0.9 + 0.81, less what the noise costs.
        Assert.All(learner.Value(first).Floats(), value => Assert.InRange(value, 2.2, 2.75));
    }

    [Fact]
    public void The_entropy_widens_the_policy()
    {
        using var users = new PointUsers();
        using var learner = new Ppo(new PpoOptions { EntropyWeight = 1, LearningRate = 1e-2, Sessions = 64, Width = 8, GradientNorm = 100 }, users, (_, action, _) => zeros(action.shape[0]), seed: 2);
        var before = learner.Policy.LogDeviation.Floats()[0];
        learner.Iterate();
        Assert.True(learner.Policy.LogDeviation.Floats()[0] > before + 0.05);
    }
}
