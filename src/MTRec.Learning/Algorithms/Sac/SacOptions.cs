namespace MTRec.Learning.Algorithms.Sac;

/// <summary>Hyper-parameters of <see cref="Sac"/>; the defaults are those of Haarnoja et al. 2018b (table 1) unless said otherwise.</summary>
public sealed record SacOptions
{
    /// <summary>gamma, in [0, 1].</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>Adam's rate for actor, critics and temperature, above 0.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Steps a minibatch, 1 or more.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>tau: share of the critics that their targets take over after every update, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.005;

    /// <summary>Steps that the replay buffer holds, 1 or more.</summary>
    public int Replay { get; init; } = 1_000_000;

    /// <summary>Width of the two hidden layers of actor and critics, 1 or more.</summary>
    public int Width { get; init; } = 256;

    /// <summary>Entropy of the policy that the temperature aims at; null for -A.</summary>
    public double? TargetEntropy { get; init; }

    /// <summary>The first temperature, above 0.</summary>
    public double InitialTemperature { get; init; } = 1;

    /// <summary>Updates for every step of a session, above 0.</summary>
    public double UpdatesPerStep { get; init; } = 1;

    /// <summary>Steps with uniform actions before the first update, at least <see cref="BatchSize"/> (ours).</summary>
    public int WarmUp { get; init; } = 1000;

    /// <summary>Sessions side by side, 1 or more (ours).</summary>
    public int Sessions { get; init; } = 32;
}
