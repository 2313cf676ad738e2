namespace MTRec.Export;

/// <content>Products and the layers of neural networks.</content>
public sealed partial class OnnxGraph
{
    /// <summary>Matrix product of the last two axes; axes before them broadcast.</summary>
    public OnnxValue MatMul(OnnxValue a, OnnxValue b) => OnFloats("MatMul", [a, b]);

    /// <summary>x w + b for matrices, either transposed first where asked for.</summary>
    public OnnxValue Gemm(OnnxValue x, OnnxValue w, OnnxValue b, bool transposeX = false, bool transposeW = false) =>
        OnFloats("Gemm", [x, w, b], Attribute("transA", transposeX ? 1 : 0), Attribute("transB", transposeW ? 1 : 0));

    /// <summary>A linear layer on the last axis of x, of any rank: x W' + b.</summary>
    /// <param name="name">The layer's name; its tensors are <c>name.weight</c>, transposed, and <c>name.bias</c>.</param>
    /// <param name="x">[..., inputs].</param>
    /// <param name="weight">W [outputs, inputs], row by row, as Torch keeps it.</param>
    /// <param name="bias">b [outputs], or empty for none.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="outputs">Columns of the result.</param>
    /// <returns>[..., outputs].</returns>
    /// <exception cref="ArgumentException">The sizes do not fit.</exception>
    public OnnxValue Linear(string name, OnnxValue x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int inputs, int outputs)
    {
        if (weight.Length != inputs * outputs)
            throw new ArgumentException($"'{name}' has {weight.Length} weights for [{outputs}, {inputs}].", nameof(weight));
        var transposed = new float[weight.Length];
        for (var o = 0; o < outputs; o++)
        {
            for (var i = 0; i < inputs; i++)
                transposed[(i * outputs) + o] = weight[(o * inputs) + i];
        }

        var product = MatMul(x, Initializer($"{name}.weight", transposed, inputs, outputs));
        return bias.IsEmpty ? product : product + Initializer($"{name}.bias", bias, outputs);
    }

    /// <summary>(x - mean) / sqrt(variance + epsilon) over the last axis, times scale, plus bias.</summary>
    public OnnxValue LayerNormalization(OnnxValue x, OnnxValue scale, OnnxValue bias, float epsilon = 1e-5f) =>
        OnFloats("LayerNormalization", [x, scale, bias], Attribute("axis", -1), Attribute("epsilon", epsilon));

    /// <summary>
    /// A one-way, one-layer gated recurrent unit that starts from zeros. The weights are Torch's, with the gates in Torch's
    /// order reset, update, new; ONNX's order is update, reset, new.
    /// </summary>
    /// <param name="name">The layer's name.</param>
    /// <param name="x">[batch, time, inputs].</param>
    /// <param name="inputWeight">[3 x hidden, inputs], <c>weight_ih_l0</c>.</param>
    /// <param name="hiddenWeight">[3 x hidden, hidden], <c>weight_hh_l0</c>.</param>
    /// <param name="inputBias">[3 x hidden], <c>bias_ih_l0</c>.</param>
    /// <param name="hiddenBias">[3 x hidden], <c>bias_hh_l0</c>.</param>
    /// <param name="inputs">Columns of x.</param>
    /// <param name="hidden">Columns of the state.</param>
    /// <returns>The states after each step [batch, time, hidden].</returns>
    public OnnxValue Gru(
        string name,
        OnnxValue x,
        ReadOnlySpan<float> inputWeight,
        ReadOnlySpan<float> hiddenWeight,
        ReadOnlySpan<float> inputBias,
        ReadOnlySpan<float> hiddenBias,
        int inputs,
        int hidden)
    {
        var w = Initializer($"{name}.W", UpdateFirst(inputWeight, hidden * inputs), 1, 3 * hidden, inputs);
        var r = Initializer($"{name}.R", UpdateFirst(hiddenWeight, hidden * hidden), 1, 3 * hidden, hidden);
        var b = Initializer($"{name}.B", [.. UpdateFirst(inputBias, hidden), .. UpdateFirst(hiddenBias, hidden)], 1, 6 * hidden);

        // Torch multiplies the reset gate after the hidden product, which ONNX calls linear_before_reset.
        var states = OnFloats(
            "GRU", [Transpose(x, 1, 0, 2), w, r, b], Attribute("hidden_size", hidden), Attribute("linear_before_reset", 1));
        return Transpose(Squeeze(states, 1), 1, 0, 2);
    }

    private static float[] UpdateFirst(ReadOnlySpan<float> gates, int size) =>
        [.. gates.Slice(size, size), .. gates[..size], .. gates.Slice(2 * size, size)];
}
