namespace TorchSharp.Modules;

/// <summary>Kingma and Ba (2015), with AMSGrad (Reddi et al. 2018) if wanted; weight decay is added to the gradient.</summary>
public class Adam : AdamOptimizer
{
    public Adam(
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
    public Adam(
        IEnumerable<ParamGroup> parameters,
        double lr = 1e-3,
        double beta1 = 0.9,
        double beta2 = 0.999,
        double eps = 1e-8,
        double weight_decay = 0,
        bool amsgrad = false,
        bool maximize = false)
        : base(parameters, lr, beta1, beta2, eps, weight_decay, amsgrad, maximize, decoupled: false)
    {
    }
}
