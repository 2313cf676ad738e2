namespace MTRec.Simulation.LongTermSatisfaction;

/// <summary>Numbers of <see cref="LongTermSatisfactionUser"/>; RecSim's where nothing else is said.</summary>
public sealed record LongTermSatisfactionOptions
{
    /// <summary>Share of the net positive exposure that is left a step later.</summary>
    public double Memory { get; init; } = 0.7;

    /// <summary>How strongly net positive exposure moves the satisfaction. At RecSim's value satisfaction stays within about .49 and .51.</summary>
    public double Sensitivity { get; init; } = 0.01;

    /// <summary>Standard deviation of the exposure's own noise.</summary>
    public double Innovation { get; init; } = 0.05;

    /// <summary>Mean log engagement of clickbait, k = 1, at satisfaction 1.</summary>
    public double ChocMean { get; init; } = 5;

    /// <summary>Its standard deviation.</summary>
    public double ChocDeviation { get; init; } = 1;

    /// <summary>Mean log engagement of wholesome items, k = 0, at satisfaction 1.</summary>
    public double KaleMean { get; init; } = 4;

    /// <summary>Its standard deviation.</summary>
    public double KaleDeviation { get; init; } = 1;

    /// <summary>Steps of a session.</summary>
    public int TimeBudget { get; init; } = 60;

    /// <summary>n: candidates a step.</summary>
    public int Candidates { get; init; } = 1;

    /// <summary>Engagement above which a response counts as positive: the median of an item of k = 1/2 at satisfaction 1/2 [ours].</summary>
    public double PositiveEngagement { get; init; } = Math.Exp(2.25);
}
