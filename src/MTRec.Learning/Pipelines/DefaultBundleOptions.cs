using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Pipelines;

/// <summary>How <see cref="DefaultBundle"/> trains.</summary>
public sealed record DefaultBundleOptions
{
    /// <summary>Folder of the data, see <see cref="KuaiRandFolder"/>.</summary>
    public required string Data { get; init; }

    /// <summary>Folder of the registry that the bundle is published to.</summary>
    public required string Registry { get; init; }

    /// <summary>The bundle's name.</summary>
    public string Name { get; init; } = "default";

    /// <summary>The bundle's version.</summary>
    public string Version { get; init; } = "1";

    /// <summary>When the bundle was made, for the manifest; everything else depends on the data, the options and the seed alone.</summary>
    public DateTimeOffset Created { get; init; } = DateTimeOffset.UnixEpoch;

    /// <summary>The data's name and licence, for the manifest.</summary>
    public string DataName { get; init; } = "KuaiRand-Pure (Gao et al., CIKM 2022), CC BY-SA 4.0";

    /// <summary>The command that reproduces the bundle, for the manifest.</summary>
    public string Command { get; init; } = "";

    /// <summary>Seed of all randomness.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Threads of one tensor operation, 1 or more. The same number gives the same bundle.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>Share of the users to train and evaluate on, in (0, 1]; for a quick look.</summary>
    public double UserShare { get; init; } = 1;

    /// <summary>Impressions of the history tensor, 1 or more.</summary>
    public int HistoryLength { get; init; } = 50;

    /// <summary>Folds of the item statistics, 2 or more.</summary>
    public int StatisticsFolds { get; init; } = 5;

    /// <summary>Share of training examples with the user's features, in [0, 1].</summary>
    public double ProfileShare { get; init; } = 0.5;

    /// <summary>Share of training examples with the impressions from before the log, in [0, 1].</summary>
    public double EarlierShare { get; init; } = 0.5;

    /// <summary>Weight of each task's loss, in the order of <see cref="BehaviourTask.Default"/>; all alike by default.</summary>
    public IReadOnlyList<float> TaskWeights { get; init; } = [.. BehaviourTask.Default.Select(_ => 1f)];

    /// <summary>State and candidates.</summary>
    public BackboneOptions Backbone { get; init; } = new();

    /// <summary>The upstream model's experts.</summary>
    public TaskExpertsOptions Experts { get; init; } = new MmoeOptions();

    /// <summary>How the upstream model is fitted.</summary>
    public FitOptions MultiTask { get; init; } = new();

    /// <summary>How the logistic regression is fitted that the upstream model is compared with.</summary>
    public FitOptions LogisticRegression { get; init; } = new() { LearningRate = 1e-2, WeightDecay = 1e-2 };

    /// <summary>The mental reward.</summary>
    public QrIqlOptions MentalReward { get; init; } = new();

    /// <summary>The fusion formula; null where the dev log decides.</summary>
    public FusionFormula? Formula { get; init; }

    /// <summary>Impressions looked ahead by the reward weights, 1 or more.</summary>
    public int DwellHorizon { get; init; } = 5;

    /// <summary>Resamples of the intervals, 1 or more.</summary>
    public int Resamples { get; init; } = 1000;
}
