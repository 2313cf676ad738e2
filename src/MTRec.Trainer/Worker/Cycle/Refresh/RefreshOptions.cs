using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Fitting;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Parts of a bundle that the cycle learns anew beside the policy.</summary>
[Flags]
internal enum RefreshedParts
{
    /// <summary>None: the serving bundle's parts stay.</summary>
    None = 0,

    /// <summary>The mental reward.</summary>
    Mental = 1,

    /// <summary>The upstream task scores, where the bundle has them and they ranked.</summary>
    Upstream = 2,

    /// <summary>Both.</summary>
    All = Mental | Upstream,
}

/// <summary>How the cycle learns what a policy stands on: upstream task scores and mental reward.</summary>
internal sealed record RefreshOptions
{
    /// <summary>What is learned anew.</summary>
    public RefreshedParts Parts { get; init; }

    /// <summary>After which time it is tried again, 0 or more. After a refresh that was published a policy is learned first, however short this is. A day by default.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Shown items to learn from at most, 1 or more.</summary>
    public int MostImpressions { get; init; } = 200_000;

    /// <summary>Shown items to judge on at most, the newest ones, 1 or more.</summary>
    public int MostJudged { get; init; } = 20_000;

    /// <summary>Shown items of kept-back users that a judgement needs, 1 or more.</summary>
    public int LeastJudged { get; init; } = 1000;

    /// <summary>Kept-back users that a judgement needs, 2 or more.</summary>
    public int LeastUsers { get; init; } = 30;

    /// <summary>One user in so many whom nothing is kept back of decides when to stop, 2 or more.</summary>
    public int ValidationFolds { get; init; } = 8;

    /// <summary>Share of the exposures compared whose scores must be the bundle's own, in [0, 1]: else callers score, and nothing would come of new upstream scores.</summary>
    public double OwnScores { get; init; } = 0.9;

    /// <summary>Exposures that the scores are compared of, 1 or more.</summary>
    public int ComparedScores { get; init; } = 500;

    /// <summary>What the log likelihood may lose, by the lower bound of the difference, as a share of the serving part's.</summary>
    public double Margin { get; init; } = 0.01;

    /// <summary>What an expected calibration error may add before a loss beyond doubt counts: rare tasks are told apart to the fourth decimal.</summary>
    public double CalibrationTolerance { get; init; } = 0.005;

    /// <summary>Exposures whose candidates, all of them, the scores' means and deviations are measured on, 1 or more.</summary>
    public int Standardised { get; init; } = 1000;

    /// <summary>The mental reward's learner; what counts as positive, gamma and the reward's quantiles are those of the bundle, sizes those of its graph.</summary>
    public QrIqlOptions MentalReward { get; init; } = new()
    {
        Fit = new FitOptions { BatchSize = 512, LearningRate = 1e-3 },
        HeadFit = new FitOptions { Epochs = 10, BatchSize = 128, LearningRate = 1e-3, WeightDecay = 1e-2 },
    };

    /// <summary>How the task scores are fitted.</summary>
    public FitOptions Upstream { get; init; } = new() { BatchSize = 512, LearningRate = 1e-3 };
}
