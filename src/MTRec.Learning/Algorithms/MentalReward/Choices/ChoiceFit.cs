namespace MTRec.Learning.Algorithms.MentalReward.Choices;

/// <summary>How networks are fitted to a <see cref="ChoiceLog"/>: Adam, with a rate that falls linearly to 0.</summary>
public sealed record ChoiceFit
{
    /// <summary>Steps, 1 or more.</summary>
    public int Steps { get; init; } = 2000;

    /// <summary>Rows a step, 1 or more.</summary>
    public int Batch { get; init; } = 512;

    /// <summary>First learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 5e-3;

    /// <summary>Hidden layers of <see cref="QrIqlOptions.Width"/>, 0 or more; 0 is a table where states are one-hot.</summary>
    public int Layers { get; init; } = 2;
}
