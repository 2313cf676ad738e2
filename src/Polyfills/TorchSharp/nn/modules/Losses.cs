using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <inheritdoc cref="functional.cross_entropy"/>
public sealed class CrossEntropyLoss : WeightedLoss<Tensor, Tensor, Tensor>
{
    public CrossEntropyLoss(Tensor? weight = null, long? ignore_index = null, Reduction reduction = Reduction.Mean, double label_smoothing = 0.0)
        : base(weight, reduction)
    {
        this.ignore_index = ignore_index;
        this.label_smoothing = label_smoothing;
    }

    public long? ignore_index { get; }

    public double label_smoothing { get; }

    public override Tensor forward(Tensor input, Tensor target) =>
        functional.cross_entropy(input, target, weight, ignore_index ?? -100, reduction, label_smoothing);
}

/// <inheritdoc cref="functional.binary_cross_entropy"/>
public sealed class BCELoss : WeightedLoss<Tensor, Tensor, Tensor>
{
    public BCELoss(Tensor? weight = null, Reduction reduction = Reduction.Mean)
        : base(weight, reduction)
    {
    }

    public override Tensor forward(Tensor input, Tensor target) => functional.binary_cross_entropy(input, target, weight, reduction);
}

/// <inheritdoc cref="functional.binary_cross_entropy_with_logits"/>
public sealed class BCEWithLogitsLoss : WeightedLoss<Tensor, Tensor, Tensor>
{
    public BCEWithLogitsLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null)
        : base(weight, reduction) => this.pos_weights = pos_weights;

    public Tensor? pos_weights { get; }

    public override Tensor forward(Tensor input, Tensor target) =>
        functional.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weights);
}

/// <inheritdoc cref="functional.mse_loss"/>
public sealed class MSELoss : Loss<Tensor, Tensor, Tensor>
{
    public MSELoss(Reduction reduction = Reduction.Mean)
        : base(reduction)
    {
    }

    public override Tensor forward(Tensor input, Tensor target) => functional.mse_loss(input, target, reduction);
}

/// <inheritdoc cref="functional.l1_loss"/>
public sealed class L1Loss : Loss<Tensor, Tensor, Tensor>
{
    public L1Loss(Reduction reduction = Reduction.Mean)
        : base(reduction)
    {
    }

    public override Tensor forward(Tensor input, Tensor target) => functional.l1_loss(input, target, reduction);
}

/// <inheritdoc cref="functional.smooth_l1_loss"/>
public sealed class SmoothL1Loss : Loss<Tensor, Tensor, Tensor>
{
    public SmoothL1Loss(Reduction reduction = Reduction.Mean, double beta = 1.0)
        : base(reduction) => this.beta = beta;

    public double beta { get; }

    public override Tensor forward(Tensor input, Tensor target) => functional.smooth_l1_loss(input, target, reduction, beta);
}

/// <inheritdoc cref="functional.huber_loss"/>
public sealed class HuberLoss : Loss<Tensor, Tensor, Tensor>
{
    public HuberLoss(double delta = 1.0, Reduction reduction = Reduction.Mean)
        : base(reduction) => this.delta = delta;

    public double delta { get; }

    public override Tensor forward(Tensor input, Tensor target) => functional.huber_loss(input, target, delta, reduction);
}

/// <inheritdoc cref="functional.nll_loss"/>
public sealed class NLLLoss : WeightedLoss<Tensor, Tensor, Tensor>
{
    public NLLLoss(Tensor? weight = null, Reduction reduction = Reduction.Mean)
        : base(weight, reduction)
    {
    }

    public override Tensor forward(Tensor input, Tensor target) => functional.nll_loss(input, target, weight, reduction);
}

/// <inheritdoc cref="functional.poisson_nll_loss"/>
public sealed class PoissonNLLLoss : Loss<Tensor, Tensor, Tensor>
{
    public PoissonNLLLoss(bool log_input = true, bool full = false, float eps = 1e-8f, Reduction reduction = Reduction.Mean)
        : base(reduction)
    {
        this.log_input = log_input;
        this.full = full;
        this.eps = eps;
    }

    public bool log_input { get; }

    public bool full { get; }

    public float eps { get; }

    public override Tensor forward(Tensor input, Tensor target) => functional.poisson_nll_loss(input, target, log_input, full, eps, reduction);
}

/// <inheritdoc cref="functional.kl_div"/>
public sealed class KLDivLoss : Loss<Tensor, Tensor, Tensor>
{
    public KLDivLoss(bool log_target = true, Reduction reduction = Reduction.Mean)
        : base(reduction) => this.log_target = log_target;

    public bool log_target { get; }

    public override Tensor forward(Tensor input, Tensor target) => functional.kl_div(input, target, log_target, reduction);
}

/// <inheritdoc cref="functional.margin_ranking_loss"/>
public sealed class MarginRankingLoss : Loss<Tensor, Tensor, Tensor, Tensor>
{
    public MarginRankingLoss(double margin = 0.0, Reduction reduction = Reduction.Mean)
        : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override Tensor forward(Tensor input1, Tensor input2, Tensor target) =>
        functional.margin_ranking_loss(input1, input2, target, margin, reduction);
}

/// <inheritdoc cref="functional.cosine_embedding_loss"/>
public sealed class CosineEmbeddingLoss : Loss<Tensor, Tensor, Tensor, Tensor>
{
    public CosineEmbeddingLoss(double margin = 0.0, Reduction reduction = Reduction.Mean)
        : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override Tensor forward(Tensor input1, Tensor input2, Tensor target) =>
        functional.cosine_embedding_loss(input1, input2, target, margin, reduction);
}

/// <inheritdoc cref="functional.hinge_embedding_loss"/>
public sealed class HingeEmbeddingLoss : Loss<Tensor, Tensor, Tensor>
{
    public HingeEmbeddingLoss(double margin = 0.0, Reduction reduction = Reduction.Mean)
        : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override Tensor forward(Tensor input, Tensor target) => functional.hinge_embedding_loss(input, target, margin, reduction);
}

/// <inheritdoc cref="functional.soft_margin_loss"/>
public sealed class SoftMarginLoss : Loss<Tensor, Tensor, Tensor>
{
    public SoftMarginLoss(Reduction reduction = Reduction.Mean)
        : base(reduction)
    {
    }

    public override Tensor forward(Tensor input, Tensor target) => functional.soft_margin_loss(input, target, reduction);
}
