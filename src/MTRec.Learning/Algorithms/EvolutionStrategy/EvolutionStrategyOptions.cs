namespace MTRec.Learning.Algorithms.EvolutionStrategy;

/// <summary>Settings of <see cref="EvolutionStrategy"/>; the papers give none, these are ours.</summary>
public sealed record EvolutionStrategyOptions
{
    /// <summary>Updates, 1 or more.</summary>
    public int Generations { get; init; } = 60;

    /// <summary>Pairs +e, -e of perturbations a generation, 1 or more.</summary>
    public int Pairs { get; init; } = 16;

    /// <summary>Deviation sigma of a perturbation, above 0.</summary>
    public double Deviation { get; init; } = 0.1;

    /// <summary>Adam's learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 0.03;

    /// <summary>Weight decay in the gradient, 0 or more (0.005 in OpenAI-ES).</summary>
    public double WeightDecay { get; init; } = 0.005;

    /// <summary>Widths of the hidden layers: a small net.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [16];

    /// <summary>Sessions that every perturbation is played in, 1 or more.</summary>
    public int Sessions { get; init; } = 256;
}
