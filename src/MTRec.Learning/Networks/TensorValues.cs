using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>Tensors on their way into managed memory and graphs.</summary>
public static class TensorValues
{
    /// <summary>The elements, row by row.</summary>
    public static float[] Floats(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().contiguous().data<float>().ToArray();
    }

    /// <summary>The elements, row by row.</summary>
    public static long[] Longs(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.contiguous().data<long>().ToArray();
    }

    /// <summary>A tensor as a constant of the graph.</summary>
    public static OnnxValue Initializer(this OnnxGraph graph, string name, Tensor tensor) =>
        graph.Initializer(name, tensor.Floats(), tensor.shape);

    /// <summary>A linear layer on the last axis.</summary>
    public static OnnxValue Linear(this OnnxGraph graph, string name, OnnxValue x, Linear layer) => graph.Linear(
        name,
        x,
        layer.weight!.Floats(),
        layer.bias is { } bias ? bias.Floats() : [],
        (int)layer.in_features,
        (int)layer.out_features);
}
