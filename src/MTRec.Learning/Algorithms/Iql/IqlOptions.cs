namespace MTRec.Learning.Algorithms.Iql;

/// <summary>Hyper-parameters of IQL; the defaults are those of its authors (arXiv 2110.06169 and their code) but where marked ours.</summary>
public sealed record IqlOptions
{
    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>tau of the expectile, in (0.5, 1).</summary>
    public double Expectile { get; init; } = 0.7;

    /// <summary>beta: inverse temperature of the advantage weights, 0 or more.</summary>
    public double Temperature { get; init; } = 3;

    /// <summary>Largest advantage weight.</summary>
    public double LargestWeight { get; init; } = 100;

    /// <summary>Learning rate of all networks; the actor's falls to 0 along half a cosine.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Share of the way that the targets go at a time, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.005;

    /// <summary>Steps in a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of a training; as many as the other learners of fusion, ours.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Widths of the hidden layers of all networks.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [256, 256];

    /// <summary>Weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? RewardWeights { get; init; }

    /// <summary>Seed of weights and batches.</summary>
    public int Seed { get; init; } = 1;
}
