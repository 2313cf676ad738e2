using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public sealed class CqlSacTests : IDisposable
{
    private static readonly CqlSacOptions Small = new()
    {
        Discount = 0.9,
        CriticRate = 3e-3,
        ActorRate = 3e-3,
        TargetRate = 0.02,
        BatchSize = 128,
        Updates = 800,
        Hidden = [32, 32],
        Samples = 4,
        Conservatism = 0.1,
        Seed = 2,
    };

    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void The_density_of_a_squashed_draw_is_that_of_the_change_of_variables()
    {
        // mean 0.3, deviation e^-1, noise 0.5: u = 0.3 + 0.5 / e.
        var (action, density) = SquashedGaussian.Draw(tensor(new float[,] { { 0.3f, -1 } }), tensor(new float[,] { { 0.5f } }));
        var u = 0.3 + (0.5 * Math.Exp(-1));
        Assert.Equal(Math.Tanh(u), action.item<float>(), 1e-6);
        Assert.Equal(
            (-0.5 * 0.25) + 1 - (0.5 * Math.Log(2 * Math.PI)) - Math.Log(1 - (Math.Tanh(u) * Math.Tanh(u))), density.item<float>(), 1e-5);

        // Two dimensions add up; far out nothing overflows.
        var (_, both) = SquashedGaussian.Draw(tensor(new float[,] { { 0.3f, 0.3f, -1, -1 } }), tensor(new float[,] { { 0.5f, 0.5f } }));
        Assert.Equal(2 * density.item<float>(), both.item<float>(), 1e-5);
        Assert.True(SquashedGaussian.Draw(tensor(new float[,] { { 40, -1 } }), zeros(1, 1)).LogDensity.isfinite().item<bool>());
    }

    [Fact]
    public void The_target_is_soft_only_where_the_temperature_is_given()
    {
        var (reward, continues) = (tensor(new[] { 1f, 2f }), tensor(new[] { 1f, 0f }));
        var next = tensor(new float[,] { { 10, 10 }, { 4, 20 } });
        var density = tensor(new[] { -3f, 5f });
        Assert.Equal([1 + (0.5f * (4 + 6)), 2f], CqlSac.Target(reward, continues, next, density, tensor(new[] { 2f }), 0.5).Floats());
        Assert.Equal([1 + (0.5f * 4), 2f], CqlSac.Target(reward, continues, next, density, zeros(1), 0.5).Floats());
    }

    [Fact]
    public void The_conservative_term_is_a_soft_maximum_less_the_log_s_value()
    {
        var q = tensor(new float[,,] { { { 1, 2 }, { 0, 0 } }, { { 3, 3 }, { -1, 1 } } });
        var density = log(tensor(new float[,] { { 0.5f, 0.25f }, { 1, 1 } }));
        var logged = tensor(new float[,] { { 1, -1 }, { 0, 2 } });
        double Soft(double a, double b) => Math.Log((a + b) / 2);
        var expected = ((Soft(Math.E * 2, Math.Exp(2) * 4) - 1 + Soft(1, 1) + 1) / 2)
            + ((Soft(Math.Exp(3) * 2, Math.Exp(3) * 4) - 0 + Soft(Math.Exp(-1), Math.E) - 2) / 2);
        Assert.Equal(expected, CqlSac.ConservativeTerm(q, density, logged).item<float>(), 1e-5);
    }

    [Fact]
    public void The_other_losses_are_those_of_soft_actor_critic()
    {
        var q = tensor(new float[,] { { 1, 2 }, { 0, 5 } });
        Assert.Equal(0.5 * (((0 + 1) / 2.0) + ((1 + 16) / 2.0)), CqlSac.BellmanLoss(q, tensor(new[] { 1f, 1f })).item<float>(), 1e-5);
        Assert.Equal(((0.5 * 2) - 0 + (0.5 * -4) - 2) / 2, CqlSac.ActorLoss(q, tensor(new[] { 2f, -4f }), tensor(new[] { 0.5f })).item<float>(), 1e-5);

        // The density above -H = A: too certain, so that the temperature must rise.
        var temperature = tensor(new[] { 0f }).requires_grad_();
        CqlSac.TemperatureLoss(temperature, tensor(new[] { 3f, 2f }), 2).backward();
        Assert.Equal(-0.5f, temperature.grad!.item<float>(), 1e-5f);
    }

    [Fact]
    public void Learns_the_best_actions_of_both_steps()
    {
        using var log = TwoStepLog.Of(1500);
        using var policy = Trained(log, Small);
        Assert.Equal(TwoStepLog.BestX, policy.Act(TwoStepLog.First)[0, 0].item<float>(), 0.2);
        Assert.Equal(TwoStepLog.BestY, policy.Act(TwoStepLog.Second)[0, 1].item<float>(), 0.2);
        Assert.Equal("cql-sac", policy.Algorithm);
    }

    [Fact]
    public void Believes_less_of_what_the_log_never_tried()
    {
        // Without the term, the target networks' Q of the corner is whatever the network makes of it.
        using var log = TwoStepLog.Of(800, reach: 0.1);
        Assert.True(Corner(10) < Corner(0) - 0.5);

        double Corner(double conservatism)
        {
            using var learner = new CqlSac(log, TwoStepLog.Actions, Small with { Conservatism = conservatism, TargetRate = 1 });
            for (var update = 0; update < 150; update++)
                learner.Update();
            double Q(float x, float y) => learner.TargetCritics.call(cat([TwoStepLog.Second, tensor(new float[,] { { x, y } })], -1)).mean().item<float>();
            return ((Q(1, 1) + Q(-1, 1) + Q(1, -1) + Q(-1, -1)) / 4) - Q(0, 0);
        }
    }

    [Fact]
    public void Bootstraps_by_target_networks_that_follow_slowly()
    {
        using var log = TwoStepLog.Of(50);
        using var learner = new CqlSac(log, TwoStepLog.Actions, Small with { CriticRate = 0.05 });
        var critic = learner.TargetCritics.parameters().First();
        var weights = critic.detach().clone();
        learner.Update();
        Assert.InRange((critic - weights).abs().max().item<float>(), 1e-6, 0.05 * 0.02 * 1.01);
    }

    private static ActorPolicy Trained(FusionLog log, CqlSacOptions options)
    {
        using var learner = new CqlSac(log, TwoStepLog.Actions, options);
        return (ActorPolicy)FusionTraining.Run(learner, options.Updates, "test", null);
    }
}
