using static TorchSharp.torch;

namespace TorchSharp.Modules;

/// <summary>max(x, 0).</summary>
public sealed class ReLU : ParameterLessModule<Tensor, Tensor>
{
    internal ReLU(bool inplace)
        : base(nameof(ReLU)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.relu(tensor, inplace);
}

/// <summary>x above zero, slope · x below.</summary>
public sealed class LeakyReLU : ParameterLessModule<Tensor, Tensor>
{
    internal LeakyReLU(double negative_slope, bool inplace)
        : base(nameof(LeakyReLU))
    {
        this.negative_slope = negative_slope;
        this.inplace = inplace;
    }

    public bool inplace { get; set; }

    public double negative_slope { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.leaky_relu(tensor, negative_slope, inplace);
}

/// <summary>x above zero, alpha · (eˣ - 1) below.</summary>
public sealed class ELU : ParameterLessModule<Tensor, Tensor>
{
    internal ELU(double alpha, bool inplace)
        : base(nameof(ELU))
    {
        this.alpha = alpha;
        this.inplace = inplace;
    }

    public double alpha { get; set; }

    public bool inplace { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.elu(tensor, alpha, inplace);
}

/// <summary>The hyperbolic tangent.</summary>
public sealed class Tanh : ParameterLessModule<Tensor, Tensor>
{
    internal Tanh(bool inplace)
        : base(nameof(Tanh)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.tanh(tensor, inplace);
}

/// <summary>1 / (1 + e⁻ˣ).</summary>
public sealed class Sigmoid : ParameterLessModule<Tensor, Tensor>
{
    internal Sigmoid(bool inplace)
        : base(nameof(Sigmoid)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.sigmoid(tensor, inplace);
}

/// <summary>x Φ(x), Hendrycks and Gimpel (2016), exact or by their tanh formula.</summary>
public sealed class GELU : ParameterLessModule<Tensor, Tensor>
{
    internal GELU(bool inplace, Approximate approximate = Approximate.none)
        : base(nameof(GELU))
    {
        this.inplace = inplace;
        this.approximate = approximate;
    }

    public enum Approximate
    {
        none,
        tanh,
    }

    public bool inplace { get; set; }

    public Approximate approximate { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.gelu(tensor, approximate, inplace);
}

/// <summary>x · sigmoid(x).</summary>
public sealed class SiLU : ParameterLessModule<Tensor, Tensor>
{
    internal SiLU(bool inplace)
        : base(nameof(SiLU)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.silu(tensor, inplace);
}

/// <summary>eˣ over its sum along a dimension.</summary>
public sealed class Softmax : ParameterLessModule<Tensor, Tensor>
{
    internal Softmax(long dim)
        : base(nameof(Softmax)) => this.dim = dim;

    public long dim { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.softmax(tensor, dim);
}

/// <summary>The logarithm of softmax.</summary>
public sealed class LogSoftmax : ParameterLessModule<Tensor, Tensor>
{
    internal LogSoftmax(long dim)
        : base(nameof(LogSoftmax)) => this.dim = dim;

    public long dim { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.log_softmax(tensor, dim);
}

/// <summary>log(1 + e^(beta x)) / beta; x itself where beta x exceeds the threshold.</summary>
public sealed class Softplus : ParameterLessModule<Tensor, Tensor>
{
    internal Softplus(double beta, double threshold)
        : base(nameof(Softplus))
    {
        this.beta = beta;
        this.threshold = threshold;
    }

    public double beta { get; set; }

    public double threshold { get; set; }

    public override Tensor forward(Tensor tensor) => nn.functional.softplus(tensor, beta, threshold);
}
