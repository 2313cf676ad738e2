namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>Sizes of an <see cref="Mmoe"/>.</summary>
public sealed record MmoeOptions : TaskExpertsOptions
{
    /// <inheritdoc/>
    public override string Algorithm => "mmoe";

    /// <summary>Experts that all tasks share, 1 or more.</summary>
    public int Experts { get; init; } = 4;

    /// <summary>Width of an expert, 1 or more.</summary>
    public int ExpertWidth { get; init; } = 96;

    /// <summary>Width of a task's tower, 1 or more.</summary>
    public int TowerWidth { get; init; } = 32;

    /// <summary>Dropout of the experts' outputs, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.2;

    /// <inheritdoc/>
    public override TaskExperts Create(int userWidth, int itemWidth, float[] logits) => new Mmoe(userWidth, itemWidth, logits, this);
}
