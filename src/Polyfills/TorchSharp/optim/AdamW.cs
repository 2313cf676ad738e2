namespace TorchSharp.Modules;

/// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019); the decay is 0 unless given, other than in PyTorch.</summary>
public class AdamW : AdamOptimizer
{
    public AdamW(
        IEnumerable<Parameter> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false)
        : this([new ParamGroup { Parameters = parameters }], lr, beta1, beta2, eps, weight_decay, amsgrad, maximize)
    {
    }

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public AdamW(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false)
        : base(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled: true)
    {
    }
}
