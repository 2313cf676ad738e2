using MTRec.Core.Blending;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Ranking;

/// <summary>How the mental reward enters the final score: section <c>Blending</c>. Read again whenever the configuration changes.</summary>
internal sealed class BlendingOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Blending";

    /// <summary>w, 0 to 100: 0 gives exactly the fusion order. Default 0.3.</summary>
    public double Weight { get; set; } = 0.3;

    /// <summary>The form. Default Additive.</summary>
    public BlendForm Form { get; set; } = BlendForm.Additive;

    /// <summary>The statistic of the mental reward. Default Mean.</summary>
    public RewardStatistic Statistic { get; set; } = RewardStatistic.Mean;

    /// <summary>Level of the quantile or CVaR, between 0 and 1 exclusively. Default 0.1.</summary>
    public double Level { get; set; } = 0.1;

    /// <summary>The gate's threshold in units of reward, finite. Default 0.</summary>
    public double Threshold { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (!(Weight >= 0 && Weight <= 100))
            yield return $"Weight must be in [0, 100], not {Weight}.";
        if (!Enum.IsDefined(Form))
            yield return $"Form must be one of {string.Join(", ", Enum.GetNames<BlendForm>())}.";
        if (!Enum.IsDefined(Statistic))
            yield return $"Statistic must be one of {string.Join(", ", Enum.GetNames<RewardStatistic>())}.";
        if (!(Level > 0 && Level < 1))
            yield return $"Level must lie between 0 and 1, not {Level}.";
        if (!double.IsFinite(Threshold))
            yield return $"Threshold must be finite, not {Threshold}.";
    }

    /// <summary>The parameters of <see cref="Blend"/>.</summary>
    public BlendParameters ToParameters() => new(Weight, Form, Statistic, Level, Threshold);
}
