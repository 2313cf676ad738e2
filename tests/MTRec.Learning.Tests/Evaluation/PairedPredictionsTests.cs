using MTRec.Learning.Evaluation;
using Xunit;

namespace MTRec.Learning.Tests.Evaluation;

public sealed class PairedPredictionsTests
{
    private static readonly UserBootstrap Bootstrap = new(7, 400);

    [Fact]
    public void Differences_are_those_of_the_figures_and_their_intervals_hold_them()
    {
        var (truth, positive, users) = Draw(4000, 1);
        var worse = Array.ConvertAll(truth, p => 0.5f + (0.3f * (p - 0.5f)));
        var pair = new PairedPredictions(truth, worse, positive, users, Bootstrap);

        var likelihood = pair.LogLikelihood();
        Assert.Equal(Calibration.LogLoss(worse, positive) - Calibration.LogLoss(truth, positive), likelihood.Value, 9);
        Assert.True(likelihood.Low > 0 && likelihood.Low < likelihood.Value && likelihood.Value < likelihood.High, $"{likelihood}");
        var error = pair.CalibrationError();
        Assert.Equal(Calibration.ExpectedError(truth, positive) - Calibration.ExpectedError(worse, positive), error.Value, 9);
        Assert.True(error.High < 0, $"{error}");

        // The order is the same.
        Assert.Equal(new Estimate(0, 0, 0), pair.Auc());
        Assert.Equal(2 * likelihood.Value, PairedPredictions.LogLikelihood([pair, pair]).Value, 9);
    }

    [Fact]
    public void A_better_order_shows_in_the_auc_beyond_doubt_and_chance_does_not()
    {
        var (truth, positive, users) = Draw(4000, 2);
        var random = new Random(3);
        var noisy = Array.ConvertAll(truth, p => Math.Clamp(p + (float)(random.NextDouble() - 0.5), 0, 1));

        var better = new PairedPredictions(truth, noisy, positive, users, Bootstrap).Auc();
        Assert.Equal(Auc.Of(truth, positive) - Auc.Of(noisy, positive), better.Value, 9);
        Assert.True(better.Low > 0, $"{better}");
        var same = new PairedPredictions(
            Array.ConvertAll(truth, _ => random.NextSingle()), Array.ConvertAll(truth, _ => random.NextSingle()), positive, users, Bootstrap).Auc();
        Assert.True(same.Low < 0 && same.High > 0, $"{same}");
    }

    [Fact]
    public void Calibration_by_user_is_the_samples_with_an_interval_around_it()
    {
        var (truth, positive, users) = Draw(3000, 4);
        var twice = Array.ConvertAll(truth, p => Math.Min(1, 2 * p));

        var error = Calibration.ExpectedErrorByUser(twice, positive, users, Bootstrap);
        Assert.Equal(Calibration.ExpectedError(twice, positive), error.Value, 9);
        Assert.True(error.Low > 0.1 && error.Low < error.Value && error.Value < error.High, $"{error}");
        var ratio = Calibration.RatioByUser(truth, positive, users, Bootstrap);
        Assert.Equal(truth.Average(p => (double)p) / positive.Average(did => did ? 1.0 : 0), ratio.Value, 9);
        Assert.InRange(1, ratio.Low, ratio.High);
        Assert.True(double.IsNaN(Calibration.RatioByUser([0.1f], [false], [0], Bootstrap).Value));
    }

    [Fact]
    public void Spearman_of_two_signals_differs_as_their_correlations_do()
    {
        var random = new Random(5);
        var outcomes = Enumerable.Range(0, 2000).Select(_ => random.NextDouble()).ToArray();
        var users = Enumerable.Range(0, 2000).Select(row => row / 5).ToArray();
        var good = Array.ConvertAll(outcomes, y => y + (0.3 * random.NextDouble()));
        var poor = Array.ConvertAll(outcomes, y => y + (3 * random.NextDouble()));

        var difference = Spearman.DifferenceByUser(good, poor, outcomes, users, Bootstrap);

        Assert.Equal(Spearman.Of(good, outcomes) - Spearman.Of(poor, outcomes), difference.Value, 9);
        Assert.True(difference.Low > 0.3 && difference.High < 1, $"{difference}");
    }

    private static (float[] Probabilities, bool[] Positive, int[] Users) Draw(int rows, int seed)
    {
        var random = new Random(seed);
        var probabilities = Enumerable.Range(0, rows).Select(_ => 0.05f + (0.4f * random.NextSingle())).ToArray();
        return (probabilities, Array.ConvertAll(probabilities, p => random.NextDouble() < p), [.. Enumerable.Range(0, rows).Select(row => row / 4)]);
    }
}
