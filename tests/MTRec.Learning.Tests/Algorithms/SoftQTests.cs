using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class SoftQTests
{
    [Fact]
    public void Algorithm_1_lets_only_high_quantiles_rise_above_the_next_value()
    {
        using var scope = NewDisposeScope();

        // One state, where three of four users are positive; every quantile is below V(s), those of the positive response above gamma V(s') = 0.4.
        var quantiles = tensor(new[] { 0.1, 0.2, 0.5, 0.6 }, 1, 2, 2).requires_grad_();
        var value = full(4, 0.5, dtype: ScalarType.Float64);
        var loss = SoftQ.Pinball(quantiles.expand(4, 2, 2), tensor(new[] { 1L, 1, 1, 0 }), value, ones(4, dtype: ScalarType.Float64), 0.8);
        loss.backward();

        var pi = Math.Exp(0.55) / (Math.Exp(0.15) + Math.Exp(0.55));
        var slopes = quantiles.grad!.data<double>().ToArray();
        Assert.Equal((0.75 * (1 - (2 * 0.25))) + (pi / 2), slopes[2], 6);
        Assert.Equal((0.75 * (1 - (2 * 0.75))) + (pi / 2), slopes[3], 6);
    }

    [Fact]
    public void Both_forms_of_the_objective_agree_to_rounding()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        for (var trial = 0; trial < 20; trial++)
        {
            var quantiles = randn(64, 2, 10, dtype: ScalarType.Float64) * 3;
            var actions = randint(0, 2, [64], dtype: ScalarType.Int64);
            var next = randn(64, dtype: ScalarType.Float64) * 5;
            var continues = rand(64, dtype: ScalarType.Float64).lt(0.8).to(ScalarType.Float64);

            var first = SoftQ.IqLearn(quantiles, actions, next, continues, 0.9, 0.5).item<double>();
            var second = SoftQ.LikelihoodForm(quantiles, actions, next, continues, 0.9, 0.5).item<double>();

            Assert.Equal(first, second, 1e-12 * Math.Max(1, Math.Abs(first)));
        }
    }

    [Fact]
    public void The_objective_has_its_closed_form()
    {
        using var scope = NewDisposeScope();
        // Q = (1, 2), action 1, V(s') = 3: log pi = 2 - log(e + e^2); r = 2 - 2.7.
        var quantiles = tensor(new[] { 0.5, 1.5, 1, 3 }, 1, 2, 2);
        var value = SoftQ.LikelihoodForm(
            quantiles, tensor(new[] { 1L }), tensor(new[] { 3.0 }), tensor(new[] { 1.0 }), discount: 0.9, alpha: 0.5).item<double>();
        Assert.Equal(2 - Math.Log(Math.E + Math.Exp(2)) - (0.49 / 2), value, 10);
        Assert.Equal(-0.7, SoftQ.Reward(quantiles, tensor(new[] { 1L }), tensor(new[] { 3.0 }), 0.9).item<double>(), 10);
    }

    [Fact]
    public void The_anchor_squares_the_rewards_of_skips_alone()
    {
        using var scope = NewDisposeScope();
        // Q = (1, 2) in both rows, V(s') = 3: rewards 1 - 2.7 of the skip, 2 - 2.7 of the positive response.
        var quantiles = tensor(new[] { 1.0, 2, 1, 2 }, 2, 2, 1);
        var actions = tensor(new[] { 0L, 1 });
        var value = tensor(new[] { 3.0, 3 });
        var options = new QrIqlOptions { Objective = IqlObjective.Mean, Quantiles = 1 };
        var likelihood = 1.5 - Math.Log(Math.E + Math.Exp(2));

        var all = SoftQ.Loss(options, quantiles, actions, value, tensor(new[] { 1.0, 1 })).item<double>();
        var skips = SoftQ.Loss(options with { AnchorSkip = true }, quantiles, actions, value, tensor(new[] { 1.0, 1 })).item<double>();

        Assert.Equal(((2.89 + 0.49) / 2 / 2) - likelihood, all, 10);
        Assert.Equal((2.89 / 2 / 2) - likelihood, skips, 10);
    }

    [Fact]
    public void A_target_goes_its_share_of_the_way()
    {
        using var leader = TorchSharp.torch.nn.Linear(2, 1);
        using var follower = TorchSharp.torch.nn.Linear(2, 1);
        var expected = follower.weight!.Floats().Zip(leader.weight!.Floats(), (own, other) => (0.75f * own) + (0.25f * other)).ToArray();
        follower.Follow(leader, 0.25);
        Assert.All(follower.weight!.Floats().Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    [Fact]
    public void What_follows_the_end_of_a_trajectory_does_not_count()
    {
        using var scope = NewDisposeScope();
        var quantiles = randn(8, 2, 4);
        var actions = zeros(8, ScalarType.Int64);
        var end = zeros(8);
        foreach (var objective in Enum.GetValues<IqlObjective>())
        {
            var options = new QrIqlOptions { Objective = objective };
            var one = SoftQ.Loss(options, quantiles, actions, randn(8), end).item<float>();
            var other = SoftQ.Loss(options, quantiles, actions, randn(8) * 1000, end).item<float>();
            Assert.Equal(one, other);
        }
    }

    [Fact]
    public void The_pinball_loss_is_least_at_the_quantiles()
    {
        manual_seed(1);
        var outcomes = randn(20_000, 1);
        using var quantiles = TorchSharp.torch.nn.Parameter(zeros(1, 4));
        using var optimizer = optim.Adam([quantiles], 0.02);
        for (var step = 0; step < 300; step++)
        {
            using var scope = NewDisposeScope();
            optimizer.zero_grad();
            SoftQ.Pinball(outcomes - quantiles).mean().backward();
            optimizer.step();
        }

        // The normal distribution's quantiles at 1/8, 3/8, 5/8, 7/8.
        Assert.All(quantiles.Floats().Zip([-1.1503f, -0.3186f, 0.3186f, 1.1503f]), pair => Assert.Equal(pair.Second, pair.First, 0.04f));
    }

    [Fact]
    public void Reward_heads_do_not_cross_whatever_their_weights()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var head = new RewardHead(5, 7, 8, 10, 0, 1);
        foreach (var scale in new[] { 0.1, 10, 1000 })
        {
            var quantiles = head.call(new BackboneHalves(randn(50, 5) * scale, randn(50, 7) * scale));
            Assert.True(quantiles.diff().ge(0).all().item<bool>());
        }
    }

    [Fact]
    public void Calibration_makes_wrong_quantiles_cover_what_they_should()
    {
        // The truth is uniform on [x, x + 1]; the prediction is shifted and too wide.
        var random = new Random(4);
        var (fitted, outcomes) = Draw(20_000);
        var matrix = QuantileCalibration.Matrix(fitted, outcomes);
        var (others, truth) = Draw(20_000);

        using var scope = NewDisposeScope();
        var calibrated = tensor(others, 20_000, 10).matmul(tensor(matrix, 10, 10));

        Assert.True(calibrated.diff().ge(-1e-6).all().item<bool>());
        var before = Evaluated(others);
        var after = Evaluated(calibrated.Floats());
        Assert.True(before > 0.1, $"{before}");
        Assert.True(after < 0.03, $"{after}");

        double Evaluated(float[] quantiles) =>
            MTRec.Learning.Evaluation.Calibration.Coverage(quantiles, truth).Select((share, i) => Math.Abs(share - ((i + 0.5) / 10))).Max();

        (float[] Quantiles, float[] Outcomes) Draw(int rows)
        {
            var levels = new float[rows * 10];
            var values = new float[rows];
            for (var row = 0; row < rows; row++)
            {
                var x = random.NextSingle() * 5;
                values[row] = x + random.NextSingle();
                for (var i = 0; i < 10; i++)
                    levels[(row * 10) + i] = x + 0.2f + (1.5f * (((i + 0.5f) / 10) - 0.5f));
            }

            return (levels, values);
        }
    }
}
