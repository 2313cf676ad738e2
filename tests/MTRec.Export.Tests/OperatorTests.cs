using Xunit;
using static MTRec.Export.Tests.GraphRun;

namespace MTRec.Export.Tests;

/// <summary>Each operator of the builder, run in ONNX Runtime, against its closed form.</summary>
public class OperatorTests
{
    private static readonly float[] Reals = [-30, -1.5f, -0.5f, 0, 0.5f, 1, 2.25f, 30];
    private static readonly float[] Positives = [1e-6f, 0.5f, 1, 2.25f, 30, 1000, 1e6f, 7];

    // 2 x 3.
    private static readonly float[] Matrix = [1, -2, 3, 4, 0.5f, -6];

    private static readonly Dictionary<string, (Func<OnnxGraph, OnnxValue, OnnxValue> Graph, Func<double, double> Formula, float[] Points)> Unary = new()
    {
        ["Neg"] = ((g, x) => g.Neg(x), x => -x, Reals),
        ["Abs"] = ((g, x) => g.Abs(x), Math.Abs, Reals),
        ["Floor"] = ((g, x) => g.Floor(x), Math.Floor, Reals),
        ["Sqrt"] = ((g, x) => g.Sqrt(x), Math.Sqrt, Positives),
        ["Exp"] = ((g, x) => g.Exp(x), Math.Exp, Reals),
        ["Log"] = ((g, x) => g.Log(x), Math.Log, Positives),
        ["Relu"] = ((g, x) => g.Relu(x), x => Math.Max(x, 0), Reals),
        ["LeakyRelu"] = ((g, x) => g.LeakyRelu(x, 0.2f), x => x > 0 ? x : 0.2 * x, Reals),
        ["Elu"] = ((g, x) => g.Elu(x, 1.5f), x => x > 0 ? x : 1.5 * (Math.Exp(x) - 1), Reals),
        ["Silu"] = ((g, x) => g.Silu(x), x => x / (1 + Math.Exp(-x)), Reals),
        ["Sigmoid"] = ((g, x) => g.Sigmoid(x), x => 1 / (1 + Math.Exp(-x)), Reals),
        ["Tanh"] = ((g, x) => g.Tanh(x), Math.Tanh, Reals),
        ["Softplus"] = ((g, x) => g.Softplus(x), x => Math.Log(1 + Math.Exp(x)), Reals),
        ["Clip"] = ((g, x) => g.Clip(x, -1, 2), x => Math.Clamp(x, -1, 2), Reals),
        ["Identity"] = ((g, x) => g.Identity(x), x => x, Reals),
        ["x + number"] = ((_, x) => x + 3, x => x + 3, Reals),
        ["x - number"] = ((_, x) => x - 3, x => x - 3, Reals),
        ["x * number"] = ((_, x) => x * 3, x => x * 3, Reals),
        ["x / number"] = ((_, x) => x / 3, x => x / 3, Reals),
        ["Cast"] = ((g, x) => g.Cast(g.Cast(x, OnnxType.Int64), OnnxType.Float32), Math.Truncate, Reals),
        ["Cast of truth values"] = ((g, x) => g.Cast(g.Greater(x, g.Scalar(0)), OnnxType.Float32), x => x > 0 ? 1 : 0, Reals),
    };

    private static readonly Dictionary<string, (Func<OnnxGraph, OnnxValue, OnnxValue, OnnxValue> Graph, Func<double, double, double> Formula)> Binary = new()
    {
        ["Add"] = ((g, a, b) => g.Add(a, b), (a, b) => a + b),
        ["Sub"] = ((g, a, b) => g.Sub(a, b), (a, b) => a - b),
        ["Mul"] = ((g, a, b) => g.Mul(a, b), (a, b) => a * b),
        ["Div"] = ((g, a, b) => g.Div(a, b), (a, b) => a / b),
        ["Pow"] = ((g, a, b) => g.Pow(a, b), Math.Pow),
        ["Min"] = ((g, a, b) => g.Min(a, b), Math.Min),
        ["Max"] = ((g, a, b) => g.Max(a, b), Math.Max),
        ["+"] = ((_, a, b) => a + b, (a, b) => a + b),
        ["-"] = ((_, a, b) => a - b, (a, b) => a - b),
        ["*"] = ((_, a, b) => a * b, (a, b) => a * b),
        ["/"] = ((_, a, b) => a / b, (a, b) => a / b),
        ["Greater"] = ((g, a, b) => g.Cast(g.Greater(a, b), OnnxType.Float32), (a, b) => a > b ? 1 : 0),
        ["Less"] = ((g, a, b) => g.Cast(g.Less(a, b), OnnxType.Float32), (a, b) => a < b ? 1 : 0),
        ["Equal"] = ((g, a, b) => g.Cast(g.Equal(a, b), OnnxType.Float32), (a, b) => a == b ? 1 : 0),
        ["Not"] = ((g, a, b) => g.Cast(g.Not(g.Equal(a, b)), OnnxType.Float32), (a, b) => a == b ? 0 : 1),
        ["Where"] = ((g, a, b) => g.Where(g.Less(a, b), a * 2, b * 3), (a, b) => a < b ? a * 2 : b * 3),
    };

    public static TheoryData<string> UnaryNames => [.. Unary.Keys];

    public static TheoryData<string> BinaryNames => [.. Binary.Keys];

    [Theory]
    [MemberData(nameof(UnaryNames))]
    public void Unary_operators(string name)
    {
        var (graph, formula, points) = Unary[name];

        var actual = Run(points, [-1, 4], graph, -1, 4);

        AssertClose([.. points.Select(x => (float)formula(x))], actual);
    }

    [Theory]
    [MemberData(nameof(BinaryNames))]
    public void Binary_operators_broadcast(string name)
    {
        var (compute, formula) = Binary[name];
        var graph = new OnnxGraph("test");
        graph.Output("y", compute(graph, graph.Input("a", -1, 1), graph.Input("b", 1, 3)), -1, 3);
        float[] a = [0.5f, 2];
        float[] b = [0.5f, 1, 3];

        var actual = Run(graph, ("a", a, [2, 1]), ("b", b, [1, 3]))["y"];

        AssertClose([.. a.SelectMany(x => b.Select(y => (float)formula(x, y)))], actual);
    }

    [Fact]
    public void Erf_and_gelu_are_exact()
    {
        float[] x = [-1.5f, -0.5f, 0, 0.5f, 1];

        // From tables of the error function.
        AssertClose([-0.9661051f, -0.5204999f, 0, 0.5204999f, 0.8427008f], Run(x, [5], (g, v) => g.Erf(v), 5));
        AssertClose([-0.1002108f, -0.1542688f, 0, 0.3457312f, 0.8413447f], Run(x, [5], (g, v) => g.Gelu(v), 5));
    }

    [Theory]
    [InlineData("sum", new[] { 2f, -1.5f })]
    [InlineData("mean", new[] { 2 / 3f, -0.5f })]
    [InlineData("max", new[] { 3f, 4f })]
    [InlineData("min", new[] { -2f, -6f })]
    [InlineData("logSumExp", new[] { 3.132845f, 4.029795f })]
    [InlineData("argMax", new[] { 2f, 0f })]
    public void Reductions_over_the_last_axis(string name, float[] expected)
    {
        OnnxValue Reduce(OnnxGraph g, OnnxValue x, bool keep) => name switch
        {
            "sum" => g.ReduceSum(x, -1, keep),
            "mean" => g.ReduceMean(x, -1, keep),
            "max" => g.ReduceMax(x, -1, keep),
            "min" => g.ReduceMin(x, -1, keep),
            "logSumExp" => g.ReduceLogSumExp(x, -1, keep),
            _ => g.Cast(g.ArgMax(x, -1, keep), OnnxType.Float32),
        };

        AssertClose(expected, Run(Matrix, [2, 3], (g, x) => Reduce(g, x, false), 2));
        AssertClose(expected, Run(Matrix, [2, 3], (g, x) => Reduce(g, x, true), 2, 1));
    }

    [Fact]
    public void Reductions_over_the_first_axis()
    {
        AssertClose([5, -1.5f, -3], Run(Matrix, [2, 3], (g, x) => g.ReduceSum(x, 0), 3));
        AssertClose([4, 0.5f, 3], Run(Matrix, [2, 3], (g, x) => g.ReduceMax(x, 0), 3));
    }

    [Fact]
    public void Softmax_and_its_logarithm()
    {
        var denominators = Matrix.Chunk(3).Select(row => row.Sum(x => Math.Exp(x))).ToArray();
        var expected = Matrix.Select((x, i) => Math.Exp(x) / denominators[i / 3]).ToArray();

        AssertClose([.. expected.Select(p => (float)p)], Run(Matrix, [2, 3], (g, x) => g.Softmax(x, 1), 2, 3));
        AssertClose([.. expected.Select(p => (float)Math.Log(p))], Run(Matrix, [2, 3], (g, x) => g.LogSoftmax(x, 1), 2, 3));
    }

    [Fact]
    public void CumSum_runs_along_its_axis()
    {
        AssertClose([1, -1, 2, 4, 4.5f, -1.5f], Run(Matrix, [2, 3], (g, x) => g.CumSum(x, 1), 2, 3));
        AssertClose([1, -2, 3, 5, -1.5f, -3], Run(Matrix, [2, 3], (g, x) => g.CumSum(x, 0), 2, 3));
    }

    [Fact]
    public void Concat_slice_select_and_gather_place_elements()
    {
        AssertClose([1, -2, 3, 1, -2, 4, 0.5f, -6, 4, 0.5f], Run(Matrix, [2, 3], (g, x) => g.Concat(1, x, g.Slice(x, 1, 0, 2)), 2, 5));
        AssertClose([-2, 3, 0.5f, -6], Run(Matrix, [2, 3], (g, x) => g.Slice(x, 1, 1), 2, 2));
        AssertClose([3, -6], Run(Matrix, [2, 3], (g, x) => g.Slice(x, -1, -1), 2, 1));
        AssertClose([-2, 0.5f], Run(Matrix, [2, 3], (g, x) => g.Select(x, 1, 1), 2));
        AssertClose([4, 0.5f, -6, 1, -2, 3], Run(Matrix, [2, 3], (g, x) => g.Gather(x, g.Constant([1L, 0], 2)), 2, 3));
        AssertClose([3, 1, -6, 4], Run(Matrix, [2, 3], (g, x) => g.Gather(x, g.Constant([2L, 0], 2), 1), 2, 2));
        AssertClose([3, 4], Run(Matrix, [2, 3], (g, x) => g.GatherElements(x, g.Constant([2L, 0], 2, 1), 1), 2, 1));
    }

    [Fact]
    public void Reshape_transpose_squeeze_and_unsqueeze_keep_elements()
    {
        AssertClose(Matrix, Run(Matrix, [2, 3], (g, x) => g.Reshape(x, 3, -1), 3, 2));
        AssertClose(Matrix, Run(Matrix, [-1, 3], (g, x) => g.Reshape(x, 0, 3, 1), -1, 3, 1));
        AssertClose([1, 4, -2, 0.5f, 3, -6], Run(Matrix, [2, 3], (g, x) => g.Transpose(x, 1, 0), 3, 2));
        AssertClose(Matrix, Run(Matrix, [2, 3], (g, x) => g.Unsqueeze(x, 1), 2, 1, 3));
        AssertClose(Matrix, Run(Matrix, [2, 1, 3], (g, x) => g.Squeeze(x, 1), 2, 3));
    }

    [Fact]
    public void Rows_repeat_for_every_candidate()
    {
        var graph = new OnnxGraph("test");
        var like = graph.Input("like", -1, 2);
        graph.Output("two", graph.RepeatRows(graph.Constant([5f, 6, 7], 1, 3), like, 2), -1, 3);
        graph.Output("one", graph.RepeatRows(graph.Constant([8f], 1), like, 1), -1);
        graph.Output("three", graph.RepeatRows(graph.Constant([1f, 2], 1, 2, 1), like, 3), -1, 2, 1);

        var outputs = Run(graph, ("like", new float[6], [3, 2]));

        Assert.Equal([5, 6, 7, 5, 6, 7, 5, 6, 7], outputs["two"]);
        Assert.Equal([8, 8, 8], outputs["one"]);
        Assert.Equal([1, 2, 1, 2, 1, 2], outputs["three"]);
    }

    [Fact]
    public void Expand_broadcasts_to_a_shape() =>
        AssertClose([1, 1, 2, 2], Run([1, 2], [2, 1], (g, x) => g.Expand(x, g.Constant([2L, 2], 2)), 2, 2));

    [Fact]
    public void Products_of_matrices()
    {
        // [2, 3] x [3, 2].
        float[] w = [1, 2, 3, 4, 5, 6];
        AssertClose([10, 12, -24.5f, -26], Run(Matrix, [2, 3], (g, x) => g.MatMul(x, g.Constant(w, 3, 2)), 2, 2));
        AssertClose([11, 14, -23.5f, -24], Run(Matrix, [2, 3], (g, x) => g.Gemm(x, g.Constant(w, 3, 2), g.Constant([1f, 2], 2)), 2, 2));
        AssertClose(
            [6, 12, -13, -17.5f],
            Run(Matrix, [2, 3], (g, x) => g.Gemm(x, g.Constant(w, 2, 3), g.Constant([0f, 0], 2), transposeW: true), 2, 2));
        AssertClose(
            [9, 12, -1, -2.75f, -9, -9],
            Run(Matrix, [2, 3], (g, x) => g.Gemm(x, g.Constant([1f, 2, 2, 2.5f], 2, 2), g.Constant([0f, 0], 2), transposeX: true), 3, 2));
    }

    [Fact]
    public void A_linear_layer_takes_Torch_weights_at_any_rank()
    {
        // [outputs 2, inputs 3].
        float[] weight = [1, 2, 3, 4, 5, 6];
        float[] expected = [7, 14, -12, -15.5f];

        AssertClose(expected, Run(Matrix, [2, 3], (g, x) => g.Linear("l", x, weight, [1, 2], 3, 2), 2, 2));
        AssertClose(expected, Run(Matrix, [1, 2, 3], (g, x) => g.Linear("l", x, weight, [1, 2], 3, 2), 1, 2, 2));
        AssertClose([6, 12, -13, -17.5f], Run(Matrix, [2, 3], (g, x) => g.Linear("l", x, weight, [], 3, 2), 2, 2));
    }

    [Fact]
    public void Layer_normalisation_standardises_the_last_axis()
    {
        float[] scale = [1, 2, 3];
        float[] bias = [0, 0.5f, 1];
        var expected = Matrix.Chunk(3).SelectMany(row =>
        {
            var mean = row.Average();
            var variance = row.Average(x => (x - mean) * (x - mean));
            return row.Select((x, i) => ((x - mean) / MathF.Sqrt(variance + 0.1f) * scale[i]) + bias[i]);
        });

        AssertClose(
            [.. expected], Run(Matrix, [2, 3], (g, x) => g.LayerNormalization(x, g.Constant(scale, 3), g.Constant(bias, 3), 0.1f), 2, 3));
    }

    [Fact]
    public void A_gru_takes_Torch_weights()
    {
        const int Batch = 2, Time = 4, Inputs = 3, Hidden = 2;
        var random = new Random(11);
        var x = Values(Batch * Time * Inputs);
        var wi = Values(3 * Hidden * Inputs);
        var wh = Values(3 * Hidden * Hidden);
        var bi = Values(3 * Hidden);
        var bh = Values(3 * Hidden);

        var actual = Run(x, [Batch, Time, Inputs], (g, v) => g.Gru("gru", v, wi, wh, bi, bh, Inputs, Hidden), Batch, Time, Hidden);

        AssertClose(Reference(), actual);

        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 1)];

        // Torch's documentation: r, z = sigmoid(...), n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
        float[] Reference()
        {
            var states = new float[Batch * Time * Hidden];
            for (var b = 0; b < Batch; b++)
            {
                var h = new double[Hidden];
                for (var t = 0; t < Time; t++)
                {
                    var next = new double[Hidden];
                    for (var j = 0; j < Hidden; j++)
                    {
                        var r = Sigmoid(FromInput(j) + FromState(j));
                        var z = Sigmoid(FromInput(Hidden + j) + FromState(Hidden + j));
                        var n = Math.Tanh(FromInput((2 * Hidden) + j) + (r * FromState((2 * Hidden) + j)));
                        next[j] = ((1 - z) * n) + (z * h[j]);
                    }

                    h = next;
                    for (var j = 0; j < Hidden; j++)
                        states[(((b * Time) + t) * Hidden) + j] = (float)h[j];

                    double FromInput(int gate) =>
                        bi[gate] + Enumerable.Range(0, Inputs).Sum(i => (double)wi[(gate * Inputs) + i] * x[(((b * Time) + t) * Inputs) + i]);

                    double FromState(int gate) => bh[gate] + Enumerable.Range(0, Hidden).Sum(i => wh[(gate * Hidden) + i] * h[i]);
                }
            }

            return states;
        }

        static double Sigmoid(double value) => 1 / (1 + Math.Exp(-value));
    }
}
