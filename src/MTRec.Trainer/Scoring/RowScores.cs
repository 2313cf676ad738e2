namespace MTRec.Trainer.Scoring;

/// <summary>What a bundle says of one row of a log.</summary>
internal sealed record RowScores
{
    /// <summary>The task scores [K], in the tasks' own units.</summary>
    public required float[] Tasks { get; init; }

    /// <summary>f.</summary>
    public required float FusionScore { get; init; }

    /// <summary>The expected mental reward of a positive response, before the response is known; null where the bundle has none.</summary>
    public float? MentalReward { get; init; }

    /// <summary>Q(s, .); null where the bundle has no mental reward.</summary>
    public SoftQ? SoftQ { get; init; }

    /// <summary>The mental reward of the response given; null where it is undefined.</summary>
    public double? MentalRewardGiven { get; init; }

    /// <summary>The final score.</summary>
    public required double Score { get; init; }
}
