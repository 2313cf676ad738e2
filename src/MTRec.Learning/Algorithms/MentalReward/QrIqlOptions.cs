using MTRec.Learning.Fitting;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>What <see cref="QrIql"/> optimises.</summary>
public enum IqlObjective
{
    /// <summary>The mean objective alone: IQ-Learn with a distributional head.</summary>
    Mean,

    /// <summary>The pinball losses of Algorithm 1 alone.</summary>
    Quantile,

    /// <summary>The mean objective plus <see cref="QrIqlOptions.QuantileWeight"/> times the pinball losses.</summary>
    Combined,
}

/// <summary>Hyper-parameters of <see cref="QrIql"/>.</summary>
public sealed record QrIqlOptions
{
    /// <summary>Plain IQ-Learn (Garg et al., NeurIPS 2021): one value an action, no quantiles.</summary>
    public static QrIqlOptions IqLearn { get; } = new() { Objective = IqlObjective.Mean, Quantiles = 1 };

    /// <summary>The algorithm's name, as the command line and manifests have it.</summary>
    public string Algorithm => this is { Objective: IqlObjective.Mean, Quantiles: 1 } ? "iq-learn" : "qr-iql";

    /// <summary>The objective. The pinball losses alone hold rewards at 0 (see <see cref="SoftQ"/>); the combination keeps the quantiles apart.</summary>
    public IqlObjective Objective { get; init; } = IqlObjective.Combined;

    /// <summary>Weight of the pinball losses in the combination, 0 or more.</summary>
    public double QuantileWeight { get; init; } = 0.1;

    /// <summary>alpha of the chi-square regulariser, above 0.</summary>
    public double Alpha { get; init; } = 0.5;

    /// <summary>gamma, in [0, 1).</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>N, 1 or more.</summary>
    public int Quantiles { get; init; } = 10;

    /// <summary>N of the head that predicts the reward at serving time, 1 or more.</summary>
    public int RewardQuantiles { get; init; } = 10;

    /// <summary>
    /// Whether the regulariser acts on skips alone, which normalises r(s, skip) to 0 [ours; after the anchor action of Geng et al., Deep PQR,
    /// ICML 2020]. Choices leave V free; the paper takes the V of the least squared rewards, the anchor that of a skip worth nothing. Where
    /// the truth has such a skip, the anchored mean objective recovers r* itself, whatever alpha.
    /// </summary>
    public bool AnchorSkip { get; init; }

    /// <summary>Share of the network that the target takes over after every step, in (0, 1].</summary>
    public double TargetRate { get; init; } = 0.05;

    /// <summary>Width of the hidden layers, 1 or more.</summary>
    public int Width { get; init; } = 64;

    /// <summary>What counts as positive.</summary>
    public PositiveResponse Positive { get; init; } = PositiveResponse.LongView;

    /// <summary>How stage one is fitted.</summary>
    public FitOptions Fit { get; init; } = new();

    /// <summary>How stage two is fitted, to fewer examples.</summary>
    public FitOptions HeadFit { get; init; } = new() { Epochs = 6, BatchSize = 256, WeightDecay = 1e-2 };
}
