using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>y = x Wᵀ + b; weight <c>[out, in]</c>, bias <c>[out]</c>, both uniform within 1/√in at first.</summary>
public sealed class Linear : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(weight))]
    private Parameter? _weight;

    [ComponentName(Name = nameof(bias))]
    private Parameter? _bias;

    internal Linear(Parameter weight, Parameter? bias = null)
        : base(nameof(Linear))
    {
        in_features = weight.shape[1];
        out_features = weight.shape[0];
        this.weight = weight;
        if (bias is not null) this.bias = bias;
    }

    internal Linear(long inputSize, long outputSize, bool hasBias, Device? device, ScalarType? dtype)
        : base(nameof(Linear))
    {
        in_features = inputSize;
        out_features = outputSize;
        weight = new Parameter(empty([outputSize, inputSize], dtype, device));
        nn.init.kaiming_uniform_(weight, Math.Sqrt(5));
        if (!hasBias) return;
        bias = new Parameter(empty([outputSize], dtype, device));
        double bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
        nn.init.uniform_(bias, -bound, bound);
    }

    public long in_features { get; set; }

    public long out_features { get; set; }

    public Parameter? bias
    {
        get => _bias;
        set
        {
            _bias?.Dispose();
            _bias = value?.DetachFromDisposeScope() as Parameter;
            ConditionallyRegisterParameter(nameof(bias), _bias);
        }
    }

    public Parameter weight
    {
        get => _weight!;
        set
        {
            if (ReferenceEquals(value, _weight)) return;
            _weight?.Dispose();
            _weight = (Parameter)value.DetachFromDisposeScope();
            ConditionallyRegisterParameter(nameof(weight), _weight);
        }
    }

    public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, _weight!, _bias);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _weight?.Dispose();
            _bias?.Dispose();
        }
        base.Dispose(disposing);
    }
}
