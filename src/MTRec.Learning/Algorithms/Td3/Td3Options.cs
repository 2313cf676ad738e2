namespace MTRec.Learning.Algorithms.Td3;

/// <summary>Hyper-parameters of TD3; the defaults are those of its authors (arXiv 1802.09477 and their code) but where marked ours.</summary>
public sealed record Td3Options
{
    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>Learning rate of actor and critics.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Deviation of the noise on the target's action.</summary>
    public double TargetNoise { get; init; } = 0.2;

    /// <summary>Farthest that this noise goes.</summary>
    public double NoiseClip { get; init; } = 0.5;

    /// <summary>Updates of the critics to one of the actor and the targets, 1 or more.</summary>
    public int PolicyDelay { get; init; } = 2;

    /// <summary>Share of the way that the targets go at a time, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.005;

    /// <summary>alpha of TD3+BC (arXiv 2106.06860, published 2.5), which keeps the actor near the log; null for plain TD3.</summary>
    public double? BehaviourCloning { get; init; }

    /// <summary>Steps in a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of the critics; as many as the other learners of fusion, ours.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Widths of the hidden layers of all networks.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [256, 256];

    /// <summary>Weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? RewardWeights { get; init; }

    /// <summary>Seed of weights, batches and noise.</summary>
    public int Seed { get; init; } = 1;
}
