using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Recommenders;

/// <summary>The hand-written cells against loops that follow the papers' formulas letter by letter, and their gradients against differences.</summary>
public sealed class CellTests
{
    [Fact]
    public void Augru_is_its_formula()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var cell = new Augru(3, 2);
        var x = randn(2, 4, 3);
        var attention = rand(2, 4);
        var result = cell.call(x, attention).select(1, -1).Floats();

        var weights = cell.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.Floats());
        var (w, b, u) = (weights["_input.weight"], weights["_input.bias"], weights["_state.weight"]);
        var inputs = x.Floats();
        var scores = attention.Floats();
        for (var row = 0; row < 2; row++)
        {
            var h = new double[2];
            for (var t = 0; t < 4; t++)
            {
                var next = new double[2];
                for (var i = 0; i < 2; i++)
                {
                    var update = scores[(row * 4) + t] * Sigmoid(Input(0, i) + State(0, i));
                    var reset = Sigmoid(Input(1, i) + State(1, i));
                    var candidate = Math.Tanh(Input(2, i) + (reset * State(2, i)));
                    next[i] = ((1 - update) * h[i]) + (update * candidate);
                }

                h = next;

                double Input(int gate, int i) => b[(gate * 2) + i]
                    + Enumerable.Range(0, 3).Sum(k => (double)w[(((gate * 2) + i) * 3) + k] * inputs[(((row * 4) + t) * 3) + k]);

                double State(int gate, int i) => Enumerable.Range(0, 2).Sum(k => u[(((gate * 2) + i) * 2) + k] * h[k]);
            }

            Assert.Equal(h[0], result[row * 2], 1e-5);
            Assert.Equal(h[1], result[(row * 2) + 1], 1e-5);
        }
    }

    [Fact]
    public void Augru_ignores_steps_without_attention()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var cell = new Augru(3, 2);
        var x = randn(1, 3, 3);
        var other = cat([x.narrow(1, 0, 1), randn(1, 1, 3) * 9, x.narrow(1, 2, 1)], 1);
        var attention = tensor(new[] { 0.7f, 0, 0.3f }, 1, 3);
        Assert.Equal(cell.call(x, attention).select(1, -1).Floats(), cell.call(other, attention).select(1, -1).Floats());
    }

    [Fact]
    public void Linear_attention_is_its_formula_and_blind_to_padding()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        const int Length = 4;
        const int Width = 3;
        var (query, key, value) = (randn(1, Length, Width), randn(1, Length, Width), randn(1, Length, Width));
        var present = tensor(new[] { 0f, 1, 1, 1 }, 1, Length);
        var result = LinearAttention.Attend(query, key, value, present).Floats();

        var (q, k, v) = (Elu(query), Elu(key), value.Floats());
        for (var t = 0; t < Length; t++)
        {
            var rowNorm = Math.Sqrt(Enumerable.Range(0, Width).Sum(d => q[(t * Width) + d] * q[(t * Width) + d]));
            for (var j = 0; j < Width; j++)
            {
                // The weight of every pair of positions first, as attention is usually written.
                var expected = 0.0;
                for (var s = 1; s < Length; s++)
                {
                    var weight = Enumerable.Range(0, Width).Sum(d =>
                        q[(t * Width) + d] / (Math.Sqrt(Width) * rowNorm) * k[(s * Width) + d] / (Math.Sqrt(3) * ColumnNorm(d)));
                    expected += weight * v[(s * Width) + j];
                }

                Assert.Equal(expected, result[(t * Width) + j], 1e-5);
            }
        }

        double ColumnNorm(int d) => Math.Sqrt(Enumerable.Range(1, Length - 1).Sum(s => k[(s * Width) + d] * k[(s * Width) + d]));

        static double[] Elu(Tensor x) => Array.ConvertAll(x.Floats(), value => value > 0 ? value : Math.Exp(value) - 1);
    }

    [Fact]
    public void The_selective_scan_is_its_recurrence()
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        const int Length = 5;
        const int Width = 2;
        const int States = 3;
        var (x, delta, a) = (randn(1, Length, Width), rand(1, Length, Width), -rand(Width, States) - 0.1);
        var (b, c) = (randn(1, Length, States), randn(1, Length, States));
        var result = SelectiveStateSpace.Scan(x, delta, a, b, c).Floats();

        var (xs, deltas, rates, inputs, outputs) = (x.Floats(), delta.Floats(), a.Floats(), b.Floats(), c.Floats());
        var h = new double[Width, States];
        for (var t = 0; t < Length; t++)
        {
            for (var d = 0; d < Width; d++)
            {
                var y = 0.0;
                for (var n = 0; n < States; n++)
                {
                    var step = deltas[(t * Width) + d];
                    h[d, n] = (Math.Exp(step * rates[(d * States) + n]) * h[d, n]) + (step * inputs[(t * States) + n] * xs[(t * Width) + d]);
                    y += outputs[(t * States) + n] * h[d, n];
                }

                Assert.Equal(y, result[(t * Width) + d], 1e-5);
            }
        }
    }

    [Fact]
    public void A_convolution_looks_back_and_never_ahead()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var convolution = new CausalConvolution(1);
        var weights = convolution.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.Floats());
        var w = weights["_weight"];
        var result = convolution.call(tensor(new[] { 1f, 10, 100, 1000 }, 1, 4, 1)).Floats();
        Assert.Equal(1 * w[0], result[0], 1e-4);
        Assert.Equal((10 * w[0]) + (1 * w[1]), result[1], 1e-4);
        Assert.Equal((100 * w[0]) + (10 * w[1]) + (1 * w[2]), result[2], 1e-3);
        Assert.Equal((1000 * w[0]) + (100 * w[1]) + (10 * w[2]), result[3], 1e-2);
    }

    [Fact]
    public void The_flip_turns_all_but_the_latest_three_and_leaves_the_padding()
    {
        using var scope = NewDisposeScope();
        var history = tensor(new[] { 0f, 0, 1, 2, 3, 4, 5, 6 }, 1, 8, 1);
        Assert.Equal([0, 0, 3, 2, 1, 4, 5, 6], Sigma.Flip(history, history.gt(0).to(ScalarType.Float32).squeeze(-1)).Floats());

        var few = tensor(new[] { 0f, 0, 1, 2 }, 1, 4, 1);
        Assert.Equal([0, 0, 1, 2], Sigma.Flip(few, few.gt(0).to(ScalarType.Float32).squeeze(-1)).Floats());
    }

    [Fact]
    public void The_factorisation_machine_sums_over_all_pairs()
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        var features = randn(2, 5, 3);
        var result = DeepFm.Pairs(features).Floats();
        var v = features.Floats();
        for (var row = 0; row < 2; row++)
        {
            var expected = 0.0;
            for (var i = 0; i < 5; i++)
            {
                for (var j = i + 1; j < 5; j++)
                    expected += Dot(row, i, j);
            }

            Assert.Equal(expected, result[row], 1e-4);
        }

        double Dot(int row, int i, int j) => Enumerable.Range(0, 3).Sum(d => (double)v[(((row * 5) + i) * 3) + d] * v[(((row * 5) + j) * 3) + d]);
    }

    [Fact]
    public void Products_of_fields_are_those_of_all_pairs_in_order()
    {
        using var scope = NewDisposeScope();
        var fields = tensor(new float[] { 1, 2, 3, 4, 5, 6 }, 1, 3, 2);
        Assert.Equal([11, 17, 39], Pnn.Products(fields).Floats());
    }

    [Fact]
    public void Causal_attention_sees_neither_the_future_nor_padding()
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var attention = new CausalAttention(4);
        var x = randn(1, 5, 4);
        var present = tensor(new[] { 0f, 1, 1, 1, 1 }, 1, 5);
        var changed = x.clone();
        changed.narrow(1, 0, 1).fill_(9);
        changed.narrow(1, 4, 1).fill_(9);
        var before = attention.call(x, present).narrow(1, 1, 3);
        var after = attention.call(changed, present).narrow(1, 1, 3);
        Assert.Equal(0, (before - after).abs().max().item<float>(), 1e-6);
        Assert.True((attention.call(x, present) - attention.call(changed, present)).select(1, 4).abs().max().item<float>() > 1e-3);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
