using MathNet.Numerics.Distributions;

namespace MTRec.Learning.Algorithms.CrossEntropy;

/// <summary>
/// The cross-entropy method (Rubinstein 1999) over vectors in [-1, 1]: draw candidates from a Gaussian, fit it to the best, again. A deviation
/// added at first, and falling to 0, keeps it from collapsing early (Szita and Lorincz 2006).
/// </summary>
public sealed record CrossEntropySearch
{
    /// <summary>Rounds, 1 or more.</summary>
    public int Rounds { get; init; } = 20;

    /// <summary>Candidates a round, 2 or more.</summary>
    public int Population { get; init; } = 64;

    /// <summary>Share of the candidates that the Gaussian is fitted to, in (0, 1].</summary>
    public double EliteShare { get; init; } = 0.15;

    /// <summary>First deviation of every dimension, above 0.</summary>
    public double Deviation { get; init; } = 0.5;

    /// <summary>Deviation added in the first round, 0 or more.</summary>
    public double ExtraDeviation { get; init; } = 0.05;

    /// <summary>Searches.</summary>
    /// <param name="width">Dimensions of a candidate.</param>
    /// <param name="value">What is to be highest: of a candidate, in a round.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <returns>The last round's mean.</returns>
    public float[] Run(int width, Func<float[], int, double> value, int seed)
    {
        var random = new Random(seed);
        var mean = new double[width];
        var deviation = Enumerable.Repeat(Deviation, width).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            var elites = Enumerable.Range(0, Population)
                .Select(_ => Draw(mean, deviation, random))
                .Select(candidate => (Candidate: candidate, Value: value(candidate, round)))
                .ToArray()
                .OrderByDescending(tried => tried.Value)
                .Take(Math.Max(1, (int)Math.Round(EliteShare * Population)))
                .Select(tried => tried.Candidate)
                .ToArray();
            var extra = ExtraDeviation * (1 - (round / (double)Rounds));
            for (var i = 0; i < width; i++)
            {
                mean[i] = elites.Average(elite => elite[i]);
                deviation[i] = Math.Sqrt(elites.Average(elite => Math.Pow(elite[i] - mean[i], 2))) + extra;
            }
        }

        return Array.ConvertAll(mean, value => (float)value);
    }

    private static float[] Draw(double[] mean, double[] deviation, Random random) =>
        [.. mean.Select((value, i) => (float)Math.Clamp(Normal.Sample(random, value, deviation[i]), -1, 1))];
}
