using TorchSharp.Interop;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>Gated recurrent units (Cho et al. 2014), several layers and both directions if wanted.</summary>
/// <remarks>
/// Input <c>[time, batch, in]</c>, or <c>[batch, time, in]</c> if the batch comes first; output the same with <c>directions * hidden</c>;
/// states <c>[layers * directions, batch, hidden]</c>.
/// </remarks>
public sealed class GRU : nn.Module<Tensor, Tensor, (Tensor, Tensor)>
{
    private readonly long _hiddenSize;
    private readonly long _layers;
    private readonly bool _bias;
    private readonly bool _batchFirst;
    private readonly bool _bidirectional;
    private readonly double _dropout;
    private readonly string[] _names;
    private readonly SharedParameter[] _weights;

    internal GRU(long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional)
        : base("torch::nn::GRUImpl")
    {
        if (inputSize <= 0 || hiddenSize <= 0 || numLayers <= 0)
            throw new ArgumentException("inputSize, hiddenSize and numLayers must be positive");
        if (dropout is not (>= 0 and <= 1)) throw new ArgumentException($"dropout should be a number in range [0, 1], got {dropout}");
        _hiddenSize = hiddenSize;
        _layers = numLayers;
        _bias = bias;
        _batchFirst = batchFirst;
        _dropout = dropout;
        _bidirectional = bidirectional;
        List<(string Name, long[] Shape)> layout = [.. Layout(inputSize)];
        _names = [.. layout.Select(weight => weight.Name)];
        _weights = [.. layout.Select(weight => new SharedParameter(new Parameter(empty(weight.Shape, ScalarType.Float32))))];
        double bound = 1 / Math.Sqrt(hiddenSize);
        for (int i = 0; i < _weights.Length; i++)
        {
            Parameter shared = _weights[i].Share();
            nn.init.uniform_(shared, -bound, bound);
            register_parameter(_names[i], shared);
        }
    }

    private int Directions => _bidirectional ? 2 : 1;

    /// <param name="input">As the remarks on this class say.</param>
    /// <param name="h0">The initial states; zeros if null.</param>
    /// <returns>The outputs of all steps, and the states after the last.</returns>
    public override (Tensor, Tensor) forward(Tensor input, Tensor? h0 = null)
    {
        Tensor initial = h0 ?? InitialState(input);
        IntPtr[] weights = Array.ConvertAll(_weights, weight => weight.Own.Handle);
        Tensor output = Shim.at_gru(
            input, initial, weights, weights.Length, _bias, _layers, _dropout, training, _bidirectional, _batchFirst, out nint state);
        if (h0 is null) initial.Dispose();
        return (output, new Tensor(state));
    }

    public new (Tensor, Tensor) call(Tensor input, Tensor? h0 = null) => base.call(input, h0!);

    /// <summary>Packs the weights for a GPU's kernels; nothing to do elsewhere.</summary>
    public void flatten_parameters() => _ = _weights;

    private protected override void ReplaceParameter(string name, Parameter old, Parameter replacement)
    {
        _weights[Array.IndexOf(_names, name)].Replace(replacement);
        old.Dispose();
        ConditionallyRegisterParameter(name, replacement);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        foreach (SharedParameter weight in _weights) weight.Dispose();
    }

    private Tensor InitialState(Tensor input) =>
        zeros([Directions * _layers, input.shape[_batchFirst ? 0 : 1], _hiddenSize], input.dtype, input.device);

    private IEnumerable<(string Name, long[] Shape)> Layout(long inputSize)
    {
        for (long layer = 0; layer < _layers; layer++)
        {
            long width = layer == 0 ? inputSize : _hiddenSize * Directions;
            for (int direction = 0; direction < Directions; direction++)
            {
                string suffix = $"l{layer}{(direction == 0 ? "" : "_reverse")}";
                yield return ($"weight_ih_{suffix}", [3 * _hiddenSize, width]);
                yield return ($"weight_hh_{suffix}", [3 * _hiddenSize, _hiddenSize]);
                if (!_bias) continue;
                yield return ($"bias_ih_{suffix}", [3 * _hiddenSize]);
                yield return ($"bias_hh_{suffix}", [3 * _hiddenSize]);
            }
        }
    }
}
