namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>Hyper-parameters that UnifiedRL and EnhancedRL share; the defaults are UnifiedRL's published ones but where marked ours.</summary>
public abstract record BoundedOptions
{
    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>m: critics a reward group, 1 or more. UnifiedRL: 24. EnhancedRL: 10, from a note on its paper.</summary>
    public int Critics { get; init; } = 24;

    /// <summary>beta: how soon the penalty rises and trust falls outside of the bounds, above 0.</summary>
    public double Beta { get; init; } = 0.3;

    /// <summary>lambda: weight of the critics' disagreement, 0 or more.</summary>
    public double Disagreement { get; init; } = 0.2;

    /// <summary>eta: weight of the penalty outside of the bounds, 0 or more. The paper prints 1.2 without its place; taken for this, ours.</summary>
    public double Eta { get; init; } = 1.2;

    /// <summary>Share of the way that the targets go at a time, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.08;

    /// <summary>Updates between two moves of the targets.</summary>
    public int TargetEvery { get; init; } = 15;

    /// <summary>Requests in a batch.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Updates of a training, all rounds together.</summary>
    public int Updates { get; init; } = 300_000;

    /// <summary>Updates before the actor's first, 0 or more: what new critics say of actions is noise; ours.</summary>
    public int CriticWarmUp { get; init; } = 500;

    /// <summary>Learning rate of the actor; ours. UnifiedRL: 0.0003, EnhancedRL: 0.001.</summary>
    public double ActorRate { get; init; } = 3e-4;

    /// <summary>Learning rate of the critics; ours.</summary>
    public double CriticRate { get; init; } = 1e-3;

    /// <summary>Widths of a critic's hidden layers, one or more; ours: many critics, each small.</summary>
    public IReadOnlyList<int> CriticHidden { get; init; } = [32, 16];

    /// <summary>w: weight of each reward group; 1 each where null.</summary>
    public IReadOnlyList<float>? GroupWeights { get; init; }

    /// <summary>Seed of weights and batches.</summary>
    public int Seed { get; init; } = 1;
}
