using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>Linear layers of equal shape beside each other, as one batched product: [P, B, in] to [P, B, out].</summary>
internal sealed class BatchedLinear : nn.Module<Tensor, Tensor>
{
    private readonly Parameter _weight;
    private readonly Parameter _bias;

    /// <summary>Makes the layers; as for units with a relu, weights have the deviation sqrt(2 / in) (He et al. 2015).</summary>
    public BatchedLinear(int layers, int inputs, int outputs)
        : base(nameof(BatchedLinear))
    {
        _weight = nn.Parameter(randn(layers, inputs, outputs) * Math.Sqrt(2.0 / inputs));
        _bias = nn.Parameter(zeros(layers, 1, outputs));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.matmul(_weight) + _bias;

    /// <summary>The same in a graph.</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue x) =>
        graph.MatMul(x, graph.Initializer($"{name}.weight", _weight)) + graph.Initializer($"{name}.bias", _bias);
}
