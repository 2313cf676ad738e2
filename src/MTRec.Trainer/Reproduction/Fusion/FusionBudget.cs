namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>What the fusion table may spend on a seed. Every offline learner gets as many collected sessions and as many updates.</summary>
internal sealed record FusionBudget
{
    /// <summary>Ends within ten minutes on two cores, the simulator's fit included.</summary>
    public static readonly FusionBudget Quick = new()
    {
        UserShare = 1,
        Sessions = 6_000,
        Updates = 2_000,
        BatchSize = 128,
        Rounds = 2,
        EvaluationSessions = 600,
        CurveSessions = 150,
        SearchRounds = 5,
        SearchPopulation = 12,
        SearchSessions = 80,
    };

    /// <summary>Figures to quote.</summary>
    public static readonly FusionBudget Full = new()
    {
        UserShare = 1,
        Sessions = 20_000,
        Updates = 4_000,
        BatchSize = 256,
        EvaluationSessions = 1_500,
        CurveSessions = 300,
        SearchRounds = 8,
        SearchPopulation = 16,
        SearchSessions = 150,
    };

    /// <summary>Share of the log's users that the simulator is fitted on.</summary>
    public required double UserShare { get; init; }

    /// <summary>Collected sessions of each offline learner; progressive ones divide them by their rounds.</summary>
    public required int Sessions { get; init; }

    /// <summary>Updates of each learner, all rounds together.</summary>
    public required int Updates { get; init; }

    /// <summary>Steps in a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Sessions that a policy is graded on.</summary>
    public required int EvaluationSessions { get; init; }

    /// <summary>Sessions behind a point of a learning curve.</summary>
    public required int CurveSessions { get; init; }

    /// <summary>Rounds of the search for the best constant action.</summary>
    public required int SearchRounds { get; init; }

    /// <summary>Actions tried a round.</summary>
    public required int SearchPopulation { get; init; }

    /// <summary>Sessions that each is played in.</summary>
    public required int SearchSessions { get; init; }

    /// <summary>Rounds of progressive training.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Candidates kept of those that a request did not show.</summary>
    public int PassedOver { get; init; } = 8;

    /// <summary>Learning rate of critics and values: the published ones are for a hundred times the updates.</summary>
    public double CriticRate { get; init; } = 1e-3;

    /// <summary>Learning rate of actors, likewise.</summary>
    public double ActorRate { get; init; } = 1e-3;

    /// <summary>Updates between two moves of slow targets, likewise.</summary>
    public int TargetEvery { get; init; } = 3;

    /// <summary>gamma of the learners that learn from one log.</summary>
    public double Discount { get; init; } = 0.95;

    /// <summary>Widths of hidden layers.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [64, 32];
}
