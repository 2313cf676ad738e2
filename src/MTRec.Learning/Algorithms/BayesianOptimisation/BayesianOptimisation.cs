using System.Globalization;
using MathNet.Numerics.Distributions;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;

namespace MTRec.Learning.Algorithms.BayesianOptimisation;

/// <summary>
/// Global weights by Bayesian optimisation, the first baseline of BatchRL-MTF (arXiv 2208.04560): a Gaussian process of the return over the
/// action, next tried where expected improvement is highest (Jones et al. 1998).
/// </summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every action; may be null.</param>
public sealed class BayesianOptimisation(BayesianOptimisationOptions options, IProgress<FitProgress>? progress = null)
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "bo";

    /// <summary>Return of every action tried, from the last <see cref="Fit"/>.</summary>
    public IReadOnlyList<double> Curve { get; private set; } = [];

    /// <summary>Searches.</summary>
    /// <param name="environment">Where actions are played, all with the same users.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="start">The first action [A], each dimension in [-1, 1]; 0 where null.</param>
    /// <param name="seed">Seed of the draws and of the users.</param>
    /// <param name="cancellation">Ends the search between two actions.</param>
    /// <returns>The action, of those tried, of which the process expects most: the best return seen would be the luckiest one.</returns>
    public ConstantPolicy Fit(IEnvironment environment, FusionActions actions, IReadOnlyList<float>? start, int seed, CancellationToken cancellation = default)
    {
        var random = new Random(seed);
        var played = new PolicyEvaluation(environment, options.Sessions, random.Next());
        var points = new List<double[]>();
        var values = new List<double>();
        var total = options.Initial + options.Rounds;
        while (points.Count < total)
        {
            cancellation.ThrowIfCancellationRequested();
            var point = points.Count switch
            {
                0 => [.. start?.Select(value => (double)value) ?? new double[actions.Width]],
                _ when points.Count < options.Initial => Anywhere(actions.Width, random),
                _ => Propose(points, values, random),
            };
            using var policy = new ConstantPolicy(Algorithm, actions, Floats(point));
            points.Add(point);
            values.Add(played.Of(policy).Returns.Average());
            progress?.Report(new FitProgress(
                "Bayesian optimisation", points.Count / (double)total, string.Create(CultureInfo.InvariantCulture, $"best return {values.Max():F3}")));
        }

        Curve = values;
        var process = GaussianProcess.Likeliest(points, values);
        return new ConstantPolicy(Algorithm, actions, Floats(points.MaxBy(point => process.At(point).Mean)!));
    }

    private double[] Propose(List<double[]> points, List<double> values, Random random)
    {
        var process = GaussianProcess.Likeliest(points, values);
        var best = points.MaxBy(point => process.At(point).Mean)!;
        var height = process.At(best).Mean;
        return Enumerable.Range(0, options.Proposals)
            .Select(i => i % 2 == 0 ? Anywhere(best.Length, random) : Near(best, random))
            .MaxBy(point => process.ExpectedImprovement(point, height))!;
    }

    private double[] Near(double[] point, Random random) =>
        Array.ConvertAll(point, value => Math.Clamp(value + Normal.Sample(random, 0, options.LocalDeviation), -1, 1));

    private static double[] Anywhere(int width, Random random)
    {
        var point = new double[width];
        for (var i = 0; i < width; i++)
            point[i] = (2 * random.NextDouble()) - 1;
        return point;
    }

    private static float[] Floats(double[] point) => Array.ConvertAll(point, value => (float)value);
}
