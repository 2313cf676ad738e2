using MTRec.Learning.Algorithms.BayesianOptimisation;
using Xunit;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

public class GaussianProcessTests
{
    private static readonly double[][] Points = [[-1], [0], [1]];
    private static readonly double[] Values = [1, 3, 2];

    [Fact]
    public void Passes_through_what_it_saw_and_is_unsure_elsewhere()
    {
        var process = new GaussianProcess(Points, Values, 0.5, 1e-9);
        for (var i = 0; i < Points.Length; i++)
        {
            Assert.Equal(Values[i], process.At(Points[i]).Mean, 6);
            Assert.InRange(process.At(Points[i]).Deviation, 0, 1e-3);
        }

        // Far away nothing is known: the values' own mean and deviation.
        Assert.Equal(2, process.At([100]).Mean, 6);
        Assert.Equal(Math.Sqrt(2 / 3.0), process.At([100]).Deviation, 6);
    }

    [Fact]
    public void Two_points_give_the_closed_form()
    {
        // Values +-1, Matern 5/2 at distance d = 1: k = (1 + sqrt 5 + 5/3) exp(-sqrt 5).
        var k = (1 + Math.Sqrt(5) + (5 / 3.0)) * Math.Exp(-Math.Sqrt(5));
        var process = new GaussianProcess([[0], [1]], [-1, 1], 1, 0.1);

        // K^-1 (-1, 1) = (-1, 1) / (1.1 - k); at the second point (k, 1) times that.
        Assert.Equal((1 - k) / (1.1 - k), process.At([1]).Mean, 9);
        Assert.Equal(
            -(1 / (1.1 - k)) - (0.5 * Math.Log((1.1 * 1.1) - (k * k))) - Math.Log(2 * Math.PI), process.LogLikelihood, 9);
    }

    [Fact]
    public void Expected_improvement_is_the_integral()
    {
        var process = new GaussianProcess(Points, Values, 0.5, 1e-6);
        var (mean, deviation) = process.At([0.4]);
        var random = new Random(1);
        var drawn = Enumerable.Range(0, 200000)
            .Average(_ => Math.Max(mean + (deviation * MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1)) - 2.5, 0));
        Assert.Equal(drawn, process.ExpectedImprovement([0.4], 2.5), 0.01);
        Assert.True(process.ExpectedImprovement([0.1], 3) > process.ExpectedImprovement([-0.9], 3));
        Assert.Equal(0, process.ExpectedImprovement([0], 4), 6);
    }

    [Fact]
    public void The_likeliest_process_tells_a_smooth_function_from_noise()
    {
        var random = new Random(2);
        double[][] points = [.. Enumerable.Range(0, 40).Select(i => new[] { (i / 20.0) - 1 })];
        var smooth = GaussianProcess.Likeliest(points, [.. points.Select(point => Math.Sin(2 * point[0]))]);
        var noise = GaussianProcess.Likeliest(points, [.. points.Select(_ => random.NextDouble())]);
        Assert.InRange(smooth.At([0.33]).Deviation, 0, 0.02);
        Assert.True(noise.At([0.33]).Deviation > 0.02);
    }
}
