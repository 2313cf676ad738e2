namespace MTRec.Data.OpenBandit;

/// <summary>What was found in a log of the Open Bandit Dataset.</summary>
public sealed class OpenBanditReport
{
    /// <summary>Rows read.</summary>
    public long Read { get; internal set; }

    /// <summary>Rows with more or fewer cells than the header, or with quotes that do not match; dropped.</summary>
    public long BrokenRows { get; internal set; }

    /// <summary>Rows whose item is no whole number of at least 0; dropped.</summary>
    public long BadItems { get; internal set; }

    /// <summary>Rows whose place is not 1, 2 or 3; dropped.</summary>
    public long BadPositions { get; internal set; }

    /// <summary>Rows whose click is neither 0 nor 1; dropped.</summary>
    public long BadClicks { get; internal set; }

    /// <summary>Rows whose propensity is missing or no number; kept with NaN, which an estimator refuses.</summary>
    public long MissingPropensities { get; internal set; }

    /// <summary>Rows whose time is no time; kept without.</summary>
    public long BadTimes { get; internal set; }

    /// <summary>Rows kept.</summary>
    public long Kept => Read - BrokenRows - BadItems - BadPositions - BadClicks;
}
