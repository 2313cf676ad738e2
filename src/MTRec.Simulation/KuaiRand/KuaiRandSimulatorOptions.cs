using MTRec.Learning.Fitting;

namespace MTRec.Simulation.KuaiRand;

/// <summary>How the KuaiRand simulator is fitted and what its sessions are like.</summary>
public sealed record KuaiRandSimulatorOptions
{
    /// <summary>Seed of the fit and of the users' halves.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Share of the log's users that is read, in (0, 1].</summary>
    public double UserShare { get; init; } = 1;

    /// <summary>Impressions of the history tensor, 1 or more.</summary>
    public int HistoryLength { get; init; } = 50;

    /// <summary>Folds of the item statistics that training examples see, 2 or more.</summary>
    public int StatisticsFolds { get; init; } = 5;

    /// <summary>The response models.</summary>
    public ResponseNetworkOptions Response { get; init; } = new();

    /// <summary>How the response models are fitted.</summary>
    public FitOptions ResponseFit { get; init; } = new() { Epochs = 6, BatchSize = 512, LearningRate = 3e-3, WeightDecay = 0.05 };

    /// <summary>The upstream model.</summary>
    public UpstreamOptions Upstream { get; init; } = new();

    /// <summary>How the upstream model is fitted.</summary>
    public FitOptions UpstreamFit { get; init; } = new() { Epochs = 4, BatchSize = 512, LearningRate = 3e-3, WeightDecay = 0.05 };

    /// <summary>Impressions looked ahead by the weights of the behaviours' reward, 1 or more.</summary>
    public int DwellHorizon { get; init; } = 5;

    /// <summary>The sessions.</summary>
    public KuaiRandSessionOptions Sessions { get; init; } = new();
}

/// <summary>
/// What a session is like: satisfaction and leaving as in the simulator of xMTF (WWW 2025), satisfaction &lt;- 0.95 satisfaction + 0.05 r, the
/// user leaves below 0.1 or at 50 views.
/// </summary>
public sealed record KuaiRandSessionOptions
{
    /// <summary>n: candidates a step, 1 or more.</summary>
    public int Candidates { get; init; } = 30;

    /// <summary>L: items shown a step, from 1 to <see cref="Candidates"/>.</summary>
    public int ListSize { get; init; } = 1;

    /// <summary>
    /// Share of candidates that come as often as the log shows them; the others come alike often. In [0, 1]. The log shows what the app's
    /// retrieval found, and a ranker is asked about more than what is popular; one half is our choice.
    /// </summary>
    public double PopularityShare { get; init; } = 0.5;

    /// <summary>Views after which a session ends.</summary>
    public int MaximumViews { get; init; } = 50;

    /// <summary>Ratio of the start scale to the watch scale in xMTF.</summary>
    internal const double StartRatio = 25;

    /// <summary>How much of the satisfaction stays from step to step, in [0, 1).</summary>
    public double Persistence { get; init; } = 0.95;

    /// <summary>The user leaves when the satisfaction falls below.</summary>
    public double LeaveBelow { get; init; } = 0.1;

    /// <summary>Lowest satisfaction at the start.</summary>
    public double LowestStart { get; init; } = 0.11;

    /// <summary>
    /// Seconds watched that are a reward of 1. xMTF takes 400, which is for a log with a user's whole feed: on KuaiRand-Pure the mean reward
    /// would be .05, half of what keeps a user, and every policy would lose everybody at the third view. Null: measured so that sessions under
    /// random order are as long as users' trajectories in the log (<see cref="KuaiRandSimulatorReport.MeanTrajectory"/>).
    /// </summary>
    public double? WatchScale { get; init; }

    /// <summary>Sessions that the watch scale is measured on, 1 or more.</summary>
    public int MeasuredSessions { get; init; } = 2000;

    /// <summary>
    /// Seconds that a user watched in the whole log that are a satisfaction of 1 at the start. Null: 25 times the watch scale, the published
    /// ratio (10,000 to 400). Most users of KuaiRand-Pure, with their five impressions a week, start at <see cref="LowestStart"/>.
    /// </summary>
    public double? StartScale { get; init; }

    /// <summary>Seconds between one item's end and the next one's start, 0 or more.</summary>
    public double PauseSeconds { get; init; } = 1;

    /// <summary>Whether rewards and satisfaction take the expected responses instead of the drawn ones; the history has the drawn ones.</summary>
    public bool ExpectedRewards { get; init; }

    /// <summary>Most steps of a session.</summary>
    public int MaximumSteps => (MaximumViews + ListSize - 1) / ListSize;
}
