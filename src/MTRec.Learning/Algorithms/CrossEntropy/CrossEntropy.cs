using System.Globalization;
using MTRec.Learning.Environments;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;

namespace MTRec.Learning.Algorithms.CrossEntropy;

/// <summary>
/// Global weights by the cross-entropy method (Rubinstein 1999), the first baseline of xMTF (WWW 2025): draw actions from a Gaussian, play
/// them, fit the Gaussian to the best. All actions of a round meet the same users in the same mood.
/// </summary>
/// <param name="options">How.</param>
/// <param name="progress">Told of every round; may be null.</param>
public sealed class CrossEntropy(CrossEntropyOptions options, IProgress<FitProgress>? progress = null)
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "cem";

    /// <summary>Mean return of every round's elites, from the last search.</summary>
    public IReadOnlyList<double> Curve { get; private set; } = [];

    /// <summary>Searches.</summary>
    /// <param name="environment">Where actions are played.</param>
    /// <param name="actions">The formula.</param>
    /// <param name="start">The first round's mean [A], each dimension in [-1, 1]; 0 where null.</param>
    /// <param name="seed">Seed of the draws and of the users.</param>
    /// <param name="cancellation">Ends the search between two actions.</param>
    /// <returns>The last round's mean.</returns>
    public ConstantPolicy Fit(IEnvironment environment, FusionActions actions, IReadOnlyList<float>? start, int seed, CancellationToken cancellation = default)
    {
        var mean = Search(
            actions.Width,
            start,
            users =>
            {
                var played = new PolicyEvaluation(environment, options.Sessions, users);
                return action =>
                {
                    using var policy = new ConstantPolicy(Algorithm, actions, action);
                    return played.Of(policy).Returns.Average();
                };
            },
            seed,
            cancellation);
        return new ConstantPolicy(Algorithm, actions, mean);
    }

    /// <summary>Searches for the vector of the highest value.</summary>
    /// <param name="width">Its dimensions, each in [-1, 1].</param>
    /// <param name="start">The first round's mean; 0 where null.</param>
    /// <param name="round">Gives the value function of a round, by a seed for its users.</param>
    /// <param name="seed">Seed of the draws and of the users.</param>
    /// <param name="cancellation">Ends the search between two vectors.</param>
    /// <returns>The last round's mean.</returns>
    public float[] Search(int width, IReadOnlyList<float>? start, Func<int, Func<float[], double>> round, int seed, CancellationToken cancellation = default)
    {
        var random = new Random(seed);
        double[] mean = [.. start?.Select(value => (double)value) ?? new double[width]];
        double[] deviation = [.. Enumerable.Repeat(options.Deviation, width)];
        var elites = Math.Max(1, (int)Math.Round(options.EliteShare * options.Population));
        var curve = new List<double>();
        while (curve.Count < options.Rounds)
        {
            var value = round(random.Next());
            var tried = new (float[] Action, double Return)[options.Population];
            for (var i = 0; i < tried.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                var action = Draw(mean, deviation, random);
                tried[i] = (action, value(action));
            }

            var best = tried.OrderByDescending(candidate => candidate.Return).Take(elites).ToArray();
            var extra = options.ExtraDeviation * (1 - (curve.Count / (double)Math.Max(1, options.Rounds - 1)));
            for (var i = 0; i < mean.Length; i++)
            {
                mean[i] = best.Average(candidate => candidate.Action[i]);
                var variance = best.Average(candidate => Math.Pow(candidate.Action[i] - mean[i], 2));
                deviation[i] = Math.Sqrt(variance) + extra;
            }

            curve.Add(best.Average(candidate => candidate.Return));
            progress?.Report(new FitProgress(
                "cross-entropy", curve.Count / (double)options.Rounds, string.Create(CultureInfo.InvariantCulture, $"return of the elites {curve[^1]:F3}")));
        }

        Curve = curve;
        return [.. mean.Select(value => (float)value)];
    }

    private static float[] Draw(double[] mean, double[] deviation, Random random)
    {
        var action = new float[mean.Length];
        for (var i = 0; i < action.Length; i++)
            action[i] = (float)Math.Clamp(mean[i] + (deviation[i] * MathNet.Numerics.Distributions.Normal.Sample(random, 0, 1)), -1, 1);
        return action;
    }
}
