namespace MTRec.Learning.Algorithms.BatchRl;

/// <summary>Hyper-parameters of BatchRL-MTF; the defaults are the published ones but where marked ours.</summary>
public sealed record BatchRlOptions
{
    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.95;

    /// <summary>rho: the farthest that the perturbation moves a dimension, in [0, 1].</summary>
    public double Perturbation { get; init; } = 0.15;

    /// <summary>n: actions that the generator proposes, 1 or more; ours.</summary>
    public int Samples { get; init; } = 10;

    /// <summary>
    /// Weight of the divergence from N(0, 1) in the generator's loss; ours. BCQ's authors have 0.5, with which a generator of actions whose
    /// variance is below 0.125 does best to forget its latent: all its proposals are one action. Logs of fusion actions vary less.
    /// </summary>
    public double KlWeight { get; init; } = 0.02;

    /// <summary>Learning rate of the generator.</summary>
    public double GeneratorRate { get; init; } = 1e-3;

    /// <summary>Learning rate of the perturbation.</summary>
    public double PerturbationRate { get; init; } = 1e-4;

    /// <summary>Learning rate of the critics.</summary>
    public double CriticRate { get; init; } = 2e-4;

    /// <summary>Share of the way that the targets go at a time, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.05;

    /// <summary>Updates between two moves of the targets.</summary>
    public int TargetEvery { get; init; } = 10;

    /// <summary>Steps in a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of a training.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Widths of the hidden layers of all networks; ours.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [128, 64];

    /// <summary>Weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? RewardWeights { get; init; }

    /// <summary>Seed of weights, batches and latents.</summary>
    public int Seed { get; init; } = 1;
}
