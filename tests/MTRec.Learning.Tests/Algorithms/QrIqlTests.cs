using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms;

public sealed class QrIqlTests
{
    [Fact]
    public void Both_stages_run_on_a_log_and_the_head_follows_the_recovered_reward()
    {
        set_num_threads(1);
        manual_seed(4);
        var data = new SyntheticExamples(users: 500);

        // Most of r is V(s') of the next item, which is drawn at random: what can be foretold of it is little, but far above chance (0.03).
        var correlations = Enumerable.Range(1, 3).Select(seed => Follows(data, seed)).ToArray();
        Assert.True(correlations.Average() > 0.08, string.Join(", ", correlations));
    }

    [Fact]
    public void A_log_without_positive_responses_is_refused()
    {
        var data = new SyntheticExamples(users: 10, rowsPerUser: 2);
        var options = new QrIqlOptions { Positive = new PositiveResponse(Core.Sessions.UserActions.Purchase), Width = 4 };
        using var backbone = data.NewBackbone();
        using var soft = new SoftQModel(backbone, new QuantileQNetwork(backbone.UserWidth, backbone.ItemWidth, 4, 10));
        soft.eval();
        var regression = new RewardRegression(options, new ViewSampler(0, 0), new Fitter(new FitOptions(), null, CancellationToken.None), 1);
        Assert.Throws<ArgumentException>(() => regression.Fit("head", soft, data.Train, data.Dev));
    }

    // Spearman's correlation of the head's mean with the recovered reward.
    private static double Follows(SyntheticExamples data, int seed)
    {
        var options = new QrIqlOptions { Width = 16 };
        var views = new ViewSampler(0.5, 0.5);
        var fit = new FitOptions { Epochs = 6, BatchSize = 128, LearningRate = 5e-3, WeightDecay = 0 };

        using var soft = new QrIql(options, views, new Fitter(fit, null, CancellationToken.None), seed).Fit("q", data.NewBackbone, data.Train, data.Dev);
        var regression = new RewardRegression(options, views, new Fitter(fit with { Epochs = 12 }, null, CancellationToken.None), seed);
        using var head = regression.Fit("head", soft, data.Train, data.Dev);
        var model = new MentalRewardModel(soft.Backbone, soft.Head, head, options.Quantiles);

        var recovered = soft.Recover(data.Dev, ExampleView.Cold, options);
        for (var row = 0; row < data.Dev.Count; row++)
            Assert.Equal(data.Dev.Next(row) < 0, float.IsNaN(recovered[row]));

        var rows = regression.Positives(data.Dev);
        var (means, quantiles) = model.Predict(data.Dev, ExampleView.Cold);
        var coverage = Calibration.Coverage(
            [.. rows.SelectMany(row => quantiles.AsSpan(row * 10, 10).ToArray())], [.. rows.Select(row => recovered[row])]);
        Assert.InRange(coverage[0], 0.0, 0.25);
        Assert.InRange(coverage[4], 0.25, 0.7);
        Assert.InRange(coverage[9], 0.8, 1.0);
        return Spearman.Of([.. rows.Select(row => (double)means[row])], [.. rows.Select(row => (double)recovered[row])]);
    }
}
