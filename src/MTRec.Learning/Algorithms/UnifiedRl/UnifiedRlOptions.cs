namespace MTRec.Learning.Algorithms.UnifiedRl;

/// <summary>Hyper-parameters of UnifiedRL.</summary>
public sealed record UnifiedRlOptions : BoundedOptions
{
    /// <summary>Widths of the actor's hidden layers, one or more; ours.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [128, 64];
}
