using MathNet.Numerics.Distributions;
using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Factorization;

namespace MTRec.Learning.Algorithms.BayesianOptimisation;

/// <summary>
/// Gaussian process regression (Rasmussen and Williams 2006, Algorithm 2.1) with the Matern 5/2 kernel on values that are standardised to
/// mean 0 and deviation 1 inside.
/// </summary>
public sealed class GaussianProcess
{
    private static readonly double[] Lengths = [0.3, 0.5, 1, 2, 4];
    private static readonly double[] Noises = [1e-4, 1e-2, 0.1, 0.5];

    private readonly double[][] _points;
    private readonly double _length;
    private readonly double _mean;
    private readonly double _scale;
    private readonly Cholesky<double> _cholesky;
    private readonly Vector<double> _weights;

    /// <summary>Conditions on what was seen.</summary>
    /// <param name="points">[n][d].</param>
    /// <param name="values">[n].</param>
    /// <param name="length">Length scale of every dimension, above 0.</param>
    /// <param name="noise">Variance of the noise relative to the values' own, above 0.</param>
    public GaussianProcess(IReadOnlyList<double[]> points, IReadOnlyList<double> values, double length, double noise)
    {
        _points = [.. points];
        _length = length;
        _mean = values.Average();
        var deviation = Math.Sqrt(values.Average(value => (value - _mean) * (value - _mean)));
        _scale = deviation > 0 ? deviation : 1;
        var y = Vector<double>.Build.DenseOfEnumerable(values.Select(value => (value - _mean) / _scale));
        var kernel = Matrix<double>.Build.Dense(_points.Length, _points.Length, (i, j) => Kernel(_points[i], _points[j]) + (i == j ? noise : 0));
        _cholesky = kernel.Cholesky();
        _weights = _cholesky.Solve(y);
        LogLikelihood = (-0.5 * y.DotProduct(_weights)) - (0.5 * _cholesky.DeterminantLn) - (0.5 * _points.Length * Math.Log(2 * Math.PI));
    }

    /// <summary>Logarithm of the marginal likelihood of the standardised values.</summary>
    public double LogLikelihood { get; }

    /// <summary>The process whose length scale and noise make the values likeliest, over a small grid.</summary>
    /// <param name="points">[n][d].</param>
    /// <param name="values">[n].</param>
    public static GaussianProcess Likeliest(IReadOnlyList<double[]> points, IReadOnlyList<double> values) =>
        Lengths.SelectMany(length => Noises.Select(noise => new GaussianProcess(points, values, length, noise)))
            .MaxBy(process => process.LogLikelihood)!;

    /// <summary>Mean and deviation of the function, noise apart, at a point [d].</summary>
    public (double Mean, double Deviation) At(double[] point)
    {
        var k = Vector<double>.Build.Dense(_points.Length, i => Kernel(_points[i], point));
        var variance = 1 - k.DotProduct(_cholesky.Solve(k));
        return (_mean + (_scale * k.DotProduct(_weights)), _scale * Math.Sqrt(Math.Max(variance, 0)));
    }

    /// <summary>E[max(f(point) - best, 0)] (Jones et al. 1998, Eq 15).</summary>
    public double ExpectedImprovement(double[] point, double best)
    {
        var (mean, deviation) = At(point);
        if (deviation < 1e-12)
            return Math.Max(mean - best, 0);
        var z = (mean - best) / deviation;
        return ((mean - best) * Normal.CDF(0, 1, z)) + (deviation * Normal.PDF(0, 1, z));
    }

    private double Kernel(double[] a, double[] b)
    {
        var squared = 0.0;
        for (var i = 0; i < a.Length; i++)
            squared += (a[i] - b[i]) * (a[i] - b[i]);
        var distance = Math.Sqrt(5 * squared) / _length;
        return (1 + distance + (distance * distance / 3)) * Math.Exp(-distance);
    }
}
