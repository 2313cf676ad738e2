namespace MTRec.Learning.Evaluation.OffPolicy;

/// <summary>How <see cref="FittedQEvaluation"/> fits.</summary>
public sealed record FittedQOptions
{
    /// <summary>Fitted Q evaluation (Le, Voloshin and Yue 2019), with a target network that stands still for 100 steps [ours].</summary>
    public static FittedQOptions Plain { get; } = new() { Conservatism = 0, TargetEvery = 100, LearningRate = 1e-3 };

    /// <summary>The Conservative-OPEstimator with the settings of BatchRL-MTF (arXiv 2208.04560): Q_{k-1} is the network of the step before.</summary>
    public static FittedQOptions Conservative { get; } = new();

    /// <summary>alpha: how much unlogged actions are held down, 0 or more; 0 is plain fitted Q evaluation.</summary>
    public double Conservatism { get; init; } = 5e-4;

    /// <summary>gamma, in [0, 1]; 1 where every session surely ends.</summary>
    public double Discount { get; init; } = 0.95;

    /// <summary>Adam's rate, above 0.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>m: rows of a step, 1 or more.</summary>
    public int BatchSize { get; init; } = 512;

    /// <summary>K: steps, 1 or more.</summary>
    public int Steps { get; init; } = 5000;

    /// <summary>Steps after which the target becomes the network, 1 or more.</summary>
    public int TargetEvery { get; init; } = 1;

    /// <summary>First states of sessions over which the value is averaged, at most; 1 or more.</summary>
    public int InitialStates { get; init; } = 5000;

    /// <summary>Widths of the hidden layers [ours].</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [128, 64];

    /// <summary>Seed of the weights and of the batches.</summary>
    public int Seed { get; init; }
}
