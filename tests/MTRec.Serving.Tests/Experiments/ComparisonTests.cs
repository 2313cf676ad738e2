using MathNet.Numerics.Distributions;
using MTRec.Core.Experiments;
using MTRec.Serving.Experiments.Reports;

namespace MTRec.Serving.Tests.Experiments;

public sealed class ComparisonTests
{
    [Fact]
    public void Welchs_test_gives_the_figures_of_its_formula()
    {
        // t = -2.83526 with 27.7136 degrees of freedom; the tail was integrated apart from any library.
        var a = Moments.Of([27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]);
        var b = Moments.Of([27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9]);

        var comparison = Comparison.Welch(a, b)!.Value;

        Assert.Equal(0.00845273, comparison.PValue, 1e-7);
        Assert.Equal(-2.766667, comparison.Difference, 1e-6);
        Assert.Equal(-2.766667 + 1.999778, comparison.High, 1e-5);
        Assert.Equal(-2.766667 - 1.999778, comparison.Low, 1e-5);
        Assert.Null(Comparison.Welch(a, Moments.Of([1])));
        Assert.Null(Comparison.Welch(Moments.Of([1, 1]), Moments.Of([2, 2])));
    }

    [Fact]
    public void Intervals_cover_the_truth_and_pre_period_narrows_them_without_bias()
    {
        // Skewed metrics, unequal variances and sizes; Y = X + effect + noise, so that X explains 0.8 of the control's variance.
        const int Rounds = 1500;
        const double Effect = 0.3;
        var random = new Random(11);
        var (covered, coveredAdjusted, falseAlarms) = (0, 0, 0);
        var (sum, reduction) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            var (controlX, controlY) = Arm(random, 80, 0, 1);
            var (x, y) = Arm(random, 160, Effect, 1.3);
            var (plain, control) = (Moments.Of(y), Moments.Of(controlY));
            var theta = Cuped.Theta([(y, x), (controlY, controlX)]);
            var mean = Moments.Of([.. x, .. controlX]).Mean;
            var (adjusted, adjustedControl) = (Moments.Of(Cuped.Adjust(y, x, theta, mean)), Moments.Of(Cuped.Adjust(controlY, controlX, theta, mean)));
            var unadjusted = Comparison.Welch(plain, control)!.Value;
            var cuped = Comparison.Welch(adjusted, adjustedControl)!.Value;
            covered += unadjusted.Low <= Effect && Effect <= unadjusted.High ? 1 : 0;
            coveredAdjusted += cuped.Low <= Effect && Effect <= cuped.High ? 1 : 0;
            sum += cuped.Difference;
            reduction += 1 - ((cuped.High - cuped.Low) / (unadjusted.High - unadjusted.Low));
            var (_, twin) = Arm(random, 160, 0, 1.3);
            falseAlarms += Comparison.Welch(Moments.Of(twin), control)!.Value.PValue < 0.05 ? 1 : 0;
        }

        Assert.InRange(covered / (double)Rounds, .925, .97);
        Assert.InRange(coveredAdjusted / (double)Rounds, .925, .97);
        Assert.InRange(falseAlarms / (double)Rounds, .03, .075);
        Assert.Equal(Effect, sum / Rounds, 0.02);
        Assert.InRange(reduction / Rounds, .4, .7);
    }

    [Theory]
    [InlineData(5000, 5000, 1, false)]
    [InlineData(5000, 5300, 0.0031, false)]
    [InlineData(5000, 5400, 0.0000878, true)]
    public void An_uneven_split_is_an_alarm(int a, int b, double p, bool alarm)
    {
        var ratio = SampleRatio.Of([a, b], [.5, .5])!.Value;

        Assert.Equal(p, ratio.PValue, 0.0001);
        Assert.Equal(alarm, ratio.IsAlarm);
    }

    [Fact]
    public void Split_tests_need_users_and_two_shares()
    {
        Assert.Null(SampleRatio.Of([0, 0], [.5, .5]));
        Assert.Null(SampleRatio.Of([10, 0], [1, 0]));
        Assert.True(SampleRatio.Of([10, 10, 1], [.5, .5, 0])!.Value.IsAlarm);
        // 2 degrees of freedom: exp(-1.25 / 2).
        Assert.Equal(0.535261, SampleRatio.Of([10, 15, 15], [1 / 3.0, 1 / 3.0, 1 / 3.0])!.Value.PValue, 1e-5);
    }

    private static (double[] Before, double[] After) Arm(Random random, int users, double effect, double noise)
    {
        var before = Enumerable.Range(0, users).Select(_ => Exponential.Sample(random, 1)).ToArray();
        return (before, [.. before.Select(x => x + effect + (noise * 0.5 * (Exponential.Sample(random, 1) - 1)))]);
    }
}
