using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>In training, zeroes elements with probability p and scales the others by 1/(1-p).</summary>
public sealed class Dropout : ParameterLessModule<Tensor, Tensor>
{
    internal Dropout(double p, bool inplace)
        : base(nameof(Dropout))
    {
        this.p = p;
        this.inplace = inplace;
    }

    public bool inplace { get; set; }

    public double p { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.dropout(tensor, p, training, inplace);
}
