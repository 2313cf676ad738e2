using static TorchSharp.torch;

namespace TorchSharp;

/// <summary>A loss of two inputs, usually a prediction and its target.</summary>
public abstract class Loss<T1, T2, TResult> : nn.Module<T1, T2, TResult>
{
    protected Loss(nn.Reduction reduction = nn.Reduction.Mean)
        : base("Loss") => this.reduction = reduction;

    public nn.Reduction reduction { get; }
}

/// <summary>A loss of three inputs.</summary>
public abstract class Loss<T1, T2, T3, TResult> : nn.Module<T1, T2, T3, TResult>
{
    protected Loss(nn.Reduction reduction = nn.Reduction.Mean)
        : base("Loss") => this.reduction = reduction;

    public nn.Reduction reduction { get; }
}

/// <summary>A loss whose elements or classes have weights.</summary>
public abstract class WeightedLoss<T1, T2, TResult> : Loss<T1, T2, TResult>
{
    protected WeightedLoss(Tensor? weight = null, nn.Reduction reduction = nn.Reduction.Mean)
        : base(reduction) => this.weight = weight;

    public Tensor? weight { get; }
}
