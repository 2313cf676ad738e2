using MTRec.Core.Safetensors;
using static TorchSharp.torch;

namespace MTRec.Simulation.VirtualTaobao;

/// <summary>One perceptron of Virtual Taobao with fixed weights; LeakyReLU of slope 0.01 between its layers, whose names are 0, 2, 4.</summary>
internal sealed class VirtualTaobaoNetwork : IDisposable
{
    private readonly List<(Tensor Weight, Tensor Bias)> _layers = [];

    /// <summary>Reads the layers <c>{index}.weight</c> [out, in] and <c>{index}.bias</c> [out].</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="widths">Columns of the input and of every layer's output.</param>
    /// <exception cref="SafetensorsException">The file is no such network.</exception>
    public VirtualTaobaoNetwork(string path, params ReadOnlySpan<int> widths)
    {
        var file = SafetensorsFile.Parse(File.ReadAllBytes(path));
        for (var i = 0; i + 1 < widths.Length; i++)
        {
            var weight = file[$"{2 * i}.weight"].Values<float>(widths[i + 1], widths[i]).ToArray();
            var bias = file[$"{2 * i}.bias"].Values<float>(widths[i + 1]).ToArray();
            _layers.Add((tensor(weight, widths[i + 1], widths[i]).DetachFromDisposeScope(), tensor(bias).DetachFromDisposeScope()));
        }
    }

    /// <summary>Logits [B, out] of an input [B, in].</summary>
    public Tensor Logits(Tensor input)
    {
        for (var i = 0; i < _layers.Count; i++)
        {
            var output = nn.functional.linear(input, _layers[i].Weight, _layers[i].Bias);
            input = i < _layers.Count - 1 ? nn.functional.leaky_relu(output, 0.01) : output;
        }

        return input;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (weight, bias) in _layers)
        {
            weight.Dispose();
            bias.Dispose();
        }
    }
}
