using MathNet.Numerics.LinearAlgebra;

namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>
/// The expected value of showing an item by its task scores: ridge regression on o_k and log(o_k + 0.01). It is there to take variance out of estimates that are right whatever it says (ours).
/// </summary>
public sealed class ItemValueModel
{
    private const double Penalty = 1e-3;
    private const float Shift = 0.01f;

    private readonly double[] _weights;

    private ItemValueModel(double[] weights) => _weights = weights;

    /// <summary>Fits by (X'X / N + penalty D) w = X'y / N; D, the columns' mean squares, leaves out the intercept.</summary>
    /// <param name="scores">Task scores of shown items [N, K], normalised to [0, 1], row by row.</param>
    /// <param name="values">What came of them [N], one or more.</param>
    public static ItemValueModel Fit(ReadOnlySpan<float> scores, ReadOnlySpan<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        var tasks = scores.Length / values.Length;
        var width = (2 * tasks) + 1;
        var squares = new double[width, width];
        var products = new double[width];
        Span<double> row = stackalloc double[width];
        for (var i = 0; i < values.Length; i++)
        {
            Columns(scores.Slice(i * tasks, tasks), row);
            for (var a = 0; a < width; a++)
            {
                products[a] += row[a] * values[i] / values.Length;
                for (var b = 0; b < width; b++)
                    squares[a, b] += row[a] * row[b] / values.Length;
            }
        }

        // A column of zeros gets a weight of 0.
        for (var a = 1; a < width; a++)
            squares[a, a] += (Penalty * squares[a, a]) + 1e-12;
        var weights = Matrix<double>.Build.DenseOfArray(squares).Solve(Vector<double>.Build.DenseOfArray(products)).ToArray();
        return new ItemValueModel(weights);
    }

    /// <summary>The expected value.</summary>
    /// <param name="scores">[K].</param>
    public double Of(ReadOnlySpan<float> scores)
    {
        Span<double> row = stackalloc double[_weights.Length];
        Columns(scores, row);
        var sum = 0.0;
        for (var i = 0; i < row.Length; i++)
            sum += row[i] * _weights[i];
        return sum;
    }

    private static void Columns(ReadOnlySpan<float> scores, Span<double> row)
    {
        row[0] = 1;
        for (var k = 0; k < scores.Length; k++)
        {
            row[1 + k] = scores[k];
            row[1 + scores.Length + k] = Math.Log(Math.Max(0, scores[k]) + Shift);
        }
    }
}
