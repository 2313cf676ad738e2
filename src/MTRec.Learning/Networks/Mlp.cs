using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>Linear layers with ReLU between them, on the last axis.</summary>
public sealed class Mlp : nn.Module<Tensor, Tensor>
{
    private readonly ModuleList<Linear> _layers;

    /// <summary>Makes a network with Torch's initial weights.</summary>
    /// <param name="inputs">Columns of the input.</param>
    /// <param name="hidden">Widths of the hidden layers; none makes one linear layer.</param>
    /// <param name="outputs">Columns of the output.</param>
    public Mlp(int inputs, IReadOnlyList<int> hidden, int outputs)
        : base(nameof(Mlp))
    {
        (Inputs, Hidden, Outputs) = (inputs, hidden, outputs);
        int[] widths = [inputs, .. hidden, outputs];
        _layers = new ModuleList<Linear>([.. widths.Zip(widths.Skip(1), (from, to) => nn.Linear(from, to))]);
        RegisterComponents();
    }

    /// <summary>Columns of the input.</summary>
    public int Inputs { get; }

    /// <summary>Widths of the hidden layers.</summary>
    public IReadOnlyList<int> Hidden { get; }

    /// <summary>Columns of the output.</summary>
    public int Outputs { get; }

    /// <summary>The last layer.</summary>
    internal Linear Last => _layers[^1];

    /// <summary>[..., inputs] -> [..., outputs].</summary>
    public override Tensor forward(Tensor x)
    {
        for (var i = 0; i < _layers.Count; i++)
            x = i == 0 ? _layers[i].call(x) : _layers[i].call(nn.functional.relu(x));
        return x;
    }

    /// <summary>The same in a graph.</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue x)
    {
        for (var i = 0; i < _layers.Count; i++)
            x = graph.Linear($"{name}.{i}", i == 0 ? x : graph.Relu(x), _layers[i]);
        return x;
    }
}
