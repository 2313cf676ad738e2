using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Evaluation.OffPolicy;
using MTRec.Trainer.Worker.Cycle.Refresh;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>How the worker learns, judges and publishes.</summary>
internal sealed record CycleOptions
{
    /// <summary>One of <see cref="LoggedLearning.Algorithms"/>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Updates of the learner in a cycle, 1 or more.</summary>
    public int Updates { get; init; } = 6000;

    /// <summary>Pairs of further actions of every exposure that a learner of one action a request sees beside the logged one (<see cref="DrawnAgain"/>), 0 or more.</summary>
    public int DrawnPairs { get; init; } = 2;

    /// <summary>Seed of all randomness, and of who is kept back.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Share of the users who are kept back to judge on, in (0, 1).</summary>
    public double KeptBack { get; init; } = 0.3;

    /// <summary>The metric whose difference must be above 0 for sure: one of <see cref="PolicyComparison.Metrics"/>.</summary>
    public string Metric { get; init; } = PolicyComparison.Reward;

    /// <summary>Whether the gate decides. Where not, whatever was learned is published, for drills.</summary>
    public bool Gate { get; init; } = true;

    /// <summary>Whether the learner is given every reward with its sign flipped, for drills. What is judged by stays as it is.</summary>
    public bool Sabotage { get; init; }

    /// <summary>Explored exposures of kept-back users that a judgement needs, 1 or more.</summary>
    public int LeastExplored { get; init; } = 500;

    /// <summary>Kept-back users that a judgement needs, 2 or more.</summary>
    public int LeastUsers { get; init; } = 30;

    /// <summary>Kish's effective number of exposures of the candidate that a judgement needs.</summary>
    public double LeastEffective { get; init; } = 50;

    /// <summary>What a guarded figure may lose at most, as a share of its mean in the log; beyond doubt a fifth of that.</summary>
    public double Margin { get; init; } = 0.05;

    /// <summary>Share of the items that the candidate would show which what was explored may hardly ever show, in [0, 1].</summary>
    public double MostOutside { get; init; } = 0.3;

    /// <summary>Discount of returns, in [0, 1).</summary>
    public double Discount { get; init; } = 0.9;

    /// <summary>Exposures of a published version at which it is first looked at, 2 or more.</summary>
    public int FirstLook { get; init; } = 200;

    /// <summary>Exposures after which a published version is not watched any more.</summary>
    public int LastLook { get; init; } = 20_000;

    /// <summary>What a published version may lose of the reward an exposure, or add to objections, as a share of the version's before it.</summary>
    public double Tolerance { get; init; } = 0.05;

    /// <summary>What a published version may add to the share of degraded answers.</summary>
    public double DegradedTolerance { get; init; } = 0.02;

    /// <summary>Resamples behind every interval, 1 or more.</summary>
    public int Resamples { get; init; } = 2000;

    /// <summary>What is learned anew beside the policy.</summary>
    public RefreshOptions Refresh { get; init; } = new();

    /// <summary>How Conservative-OPE fits.</summary>
    public FittedQOptions FittedQ { get; init; } = FittedQOptions.Conservative with { Discount = 0.9, Steps = 2000 };

    /// <summary>UnifiedRL.</summary>
    public UnifiedRlOptions UnifiedRl { get; init; } = new();

    /// <summary>EnhancedRL.</summary>
    public EnhancedRlOptions EnhancedRl { get; init; } = new();

    /// <summary>BatchRL-MTF.</summary>
    public BatchRlOptions BatchRl { get; init; } = new();

    /// <summary>TD3.</summary>
    public Td3Options Td3 { get; init; } = new();

    /// <summary>CQL on SAC.</summary>
    public CqlSacOptions CqlSac { get; init; } = new();

    /// <summary>IQL.</summary>
    public IqlOptions Iql { get; init; } = new();
}
