namespace MTRec.Learning.Fitting;

/// <summary>How a network is fitted: AdamW, warm-up and cosine decay of the rate, early stopping.</summary>
public sealed record FitOptions
{
    /// <summary>Most passes over the data, 1 or more.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>Examples a step, 1 or more.</summary>
    public int BatchSize { get; init; } = 1024;

    /// <summary>Highest learning rate, above 0.</summary>
    public double LearningRate { get; init; } = 2e-3;

    /// <summary>Decoupled weight decay (Loshchilov and Hutter 2019), 0 or more.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>Share of the steps in which the rate rises from 0, in [0, 1).</summary>
    public double WarmUp { get; init; } = 0.1;

    /// <summary>Largest norm of a step's gradient, above 0.</summary>
    public double GradientNorm { get; init; } = 5;

    /// <summary>Epochs without a better validation loss after which fitting ends, 1 or more.</summary>
    public int Patience { get; init; } = 2;
}
