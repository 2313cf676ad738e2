using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>Tensors on their way into managed memory.</summary>
internal static class TensorData
{
    /// <summary>The elements, row by row.</summary>
    public static float[] Data(this Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.contiguous().data<float>().ToArray();
    }
}
