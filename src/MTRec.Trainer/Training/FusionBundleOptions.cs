using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.BayesianOptimisation;
using MTRec.Learning.Algorithms.CqlSac;
using MTRec.Learning.Algorithms.CrossEntropy;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.EvolutionStrategy;
using MTRec.Learning.Algorithms.Iql;
using MTRec.Learning.Algorithms.Td3;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Simulation.KuaiRand;

namespace MTRec.Trainer.Training;

/// <summary>How a fusion policy is learned and published.</summary>
internal sealed record FusionBundleOptions
{
    /// <summary>One of <see cref="FusionBundle.Algorithms"/>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Folder in KuaiRand's format.</summary>
    public required string Data { get; init; }

    /// <summary>Folder of the bundle whose mental reward, task scores, items and features the new one takes over.</summary>
    public required string Base { get; init; }

    /// <summary>Whether the base was never served: then the policy has no baseline version.</summary>
    public bool IsFirst { get; init; }

    /// <summary>The registry to publish to.</summary>
    public required string Registry { get; init; }

    /// <summary>The bundle's name.</summary>
    public string Name { get; init; } = "default";

    /// <summary>The bundle's version.</summary>
    public string Version { get; init; } = "2";

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>The command that makes it again, for the manifest.</summary>
    public string Command { get; init; } = "";

    /// <summary>Seed of all randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads of a tensor operation.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>The fusion formula; the paper's where null: the power-product for UnifiedRL and EnhancedRL, else the log-sum. xMTF has none.</summary>
    public FusionFormula? Formula { get; init; }

    /// <summary>Sessions that a learner of a log learns from, all rounds together.</summary>
    public int Sessions { get; init; } = 8000;

    /// <summary>Updates of a learner, all rounds together. The papers run 300,000; ours, a few minutes on one core.</summary>
    public int Updates { get; init; } = 30_000;

    /// <summary>Rounds of the learners that go by rounds: UnifiedRL, EnhancedRL, xMTF.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Sessions of the evaluation.</summary>
    public int EvaluationSessions { get; init; } = 2000;

    /// <summary>Resamples behind every interval.</summary>
    public int Resamples { get; init; } = 1000;

    /// <summary>The simulator; its history is that of <see cref="Base"/>.</summary>
    public KuaiRandSimulatorOptions Simulator { get; init; } = new();

    /// <summary>Cross-entropy.</summary>
    public CrossEntropyOptions CrossEntropy { get; init; } = new();

    /// <summary>Bayesian optimisation.</summary>
    public BayesianOptimisationOptions BayesianOptimisation { get; init; } = new();

    /// <summary>Evolution strategy.</summary>
    public EvolutionStrategyOptions EvolutionStrategy { get; init; } = new();

    /// <summary>TD3.</summary>
    public Td3Options Td3 { get; init; } = new();

    /// <summary>CQL on SAC.</summary>
    public CqlSacOptions CqlSac { get; init; } = new();

    /// <summary>IQL.</summary>
    public IqlOptions Iql { get; init; } = new();

    /// <summary>BatchRL-MTF.</summary>
    public BatchRlOptions BatchRl { get; init; } = new();

    /// <summary>UnifiedRL.</summary>
    public UnifiedRlOptions UnifiedRl { get; init; } = new();

    /// <summary>EnhancedRL.</summary>
    public EnhancedRlOptions EnhancedRl { get; init; } = new();

    /// <summary>xMTF.</summary>
    public XmtfOptions Xmtf { get; init; } = new();

    /// <summary>Enough for every part to run, too little for figures that mean anything.</summary>
    public FusionBundleOptions Quick() => this with
    {
        Sessions = 200,
        Updates = 200,
        Rounds = 2,
        EvaluationSessions = 200,
        Resamples = 100,
        Simulator = Simulator with
        {
            UserShare = 0.05,
            ResponseFit = Simulator.ResponseFit with { Epochs = 1 },
            UpstreamFit = Simulator.UpstreamFit with { Epochs = 1 },
        },
        CrossEntropy = CrossEntropy with { Rounds = 2, Population = 8, Sessions = 64 },
        BayesianOptimisation = BayesianOptimisation with { Initial = 4, Rounds = 4, Sessions = 64 },
        EvolutionStrategy = EvolutionStrategy with { Generations = 2, Pairs = 4, Sessions = 64 },
        Xmtf = Xmtf with { TransferUpdates = 100 },
    };
}
