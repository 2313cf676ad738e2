using MTRec.Core.Blending;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Experiments;

/// <summary>What a variant changes of the section Blending; what it leaves out stays as there.</summary>
internal sealed class BlendingChange
{
    /// <summary>w, 0 to 100. Default that of the section Blending, as for all of these.</summary>
    public double? Weight { get; set; }

    /// <summary>The form.</summary>
    public BlendForm? Form { get; set; }

    /// <summary>The statistic of the mental reward.</summary>
    public RewardStatistic? Statistic { get; set; }

    /// <summary>Level of the quantile or CVaR, between 0 and 1 exclusively.</summary>
    public double? Level { get; set; }

    /// <summary>The gate's threshold in units of reward, finite.</summary>
    public double? Threshold { get; set; }

    /// <summary>The members that are changed.</summary>
    public IEnumerable<string> Members()
    {
        if (Weight is not null)
            yield return nameof(Weight);
        if (Form is not null)
            yield return nameof(Form);
        if (Statistic is not null)
            yield return nameof(Statistic);
        if (Level is not null)
            yield return nameof(Level);
        if (Threshold is not null)
            yield return nameof(Threshold);
    }

    /// <summary>Every fault.</summary>
    public IEnumerable<string> Faults()
    {
        var defaults = new BlendingOptions();
        return new BlendingOptions
        {
            Weight = Weight ?? defaults.Weight,
            Form = Form ?? defaults.Form,
            Statistic = Statistic ?? defaults.Statistic,
            Level = Level ?? defaults.Level,
            Threshold = Threshold ?? defaults.Threshold,
        }.Faults();
    }

    /// <summary>Changes <paramref name="blending"/>.</summary>
    public BlendParameters Apply(BlendParameters blending) => new(
        Weight ?? blending.Weight,
        Form ?? blending.Form,
        Statistic ?? blending.Statistic,
        Level ?? blending.Level,
        Threshold ?? blending.Threshold);
}
