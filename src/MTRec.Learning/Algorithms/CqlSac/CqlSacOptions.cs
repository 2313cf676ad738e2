namespace MTRec.Learning.Algorithms.CqlSac;

/// <summary>Hyper-parameters of CQL on SAC; the defaults are those of CQL's authors (arXiv 2006.04779 and their code) but where marked ours.</summary>
public sealed record CqlSacOptions
{
    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>Learning rate of the critics.</summary>
    public double CriticRate { get; init; } = 3e-4;

    /// <summary>Learning rate of the actor and the temperature.</summary>
    public double ActorRate { get; init; } = 1e-4;

    /// <summary>alpha: weight of the conservative term, 0 or more; 0 is SAC.</summary>
    public double Conservatism { get; init; } = 5;

    /// <summary>N: actions drawn of each of the three proposals for the conservative term, 1 or more.</summary>
    public int Samples { get; init; } = 10;

    /// <summary>Share of the way that the targets go at a time, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.005;

    /// <summary>Whether the target holds the next action's entropy, as SAC's does; CQL's authors leave it out.</summary>
    public bool EntropyInTarget { get; init; }

    /// <summary>Steps in a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of a training; as many as the other learners of fusion, ours.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Widths of the hidden layers of all networks.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [256, 256];

    /// <summary>Weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? RewardWeights { get; init; }

    /// <summary>Seed of weights, batches and draws.</summary>
    public int Seed { get; init; } = 1;
}
