namespace MTRec.Learning.Algorithms.Ppo;

/// <summary>Hyper-parameters of <see cref="Ppo"/>; the defaults are Schulman et al.'s for continuous control (table 3) unless said otherwise.</summary>
public sealed record PpoOptions
{
    /// <summary>gamma, in [0, 1].</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>lambda of the generalised advantage estimate, in [0, 1].</summary>
    public double Lambda { get; init; } = 0.95;

    /// <summary>epsilon of the clipped objective, above 0.</summary>
    public double Clip { get; init; } = 0.2;

    /// <summary>Passes over the steps of an iteration, 1 or more.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Steps a minibatch, 1 or more.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Adam's rate, above 0.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>c1, weight of the value's squared error, 0 or more.</summary>
    public double ValueWeight { get; init; } = 0.5;

    /// <summary>c2, weight of the entropy, 0 or more.</summary>
    public double EntropyWeight { get; init; }

    /// <summary>Largest norm of a minibatch's gradient, above 0 (ours: as common implementations).</summary>
    public double GradientNorm { get; init; } = 0.5;

    /// <summary>Standard deviation of every dimension of the first policy, above 0 (ours: actions are in [-1, 1]).</summary>
    public double InitialDeviation { get; init; } = 0.6;

    /// <summary>Sessions an iteration, played to their end, 1 or more (ours).</summary>
    public int Sessions { get; init; } = 256;

    /// <summary>Width of the two hidden layers of actor and critic, 1 or more.</summary>
    public int Width { get; init; } = 64;
}
