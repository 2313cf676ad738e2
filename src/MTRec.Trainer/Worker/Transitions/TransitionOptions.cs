using MTRec.Core.Sessions;
using MTRec.Data.Trajectories;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>How transitions are made of events.</summary>
internal sealed record TransitionOptions
{
    /// <summary>A longer pause between two exposures of a user, by their own timestamps, ends a session.</summary>
    public TimeSpan SessionGap { get; init; } = TrajectoryCutter.DefaultGap;

    /// <summary>
    /// A response that is received later than that after its exposure is late: it is counted and not learned from, though it stays in the history, as in
    /// the service. A session whose last exposure is younger than that waits for the next cycle. 5 minutes by default.
    /// </summary>
    public TimeSpan JoinWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether no more events will come, so that no session waits.</summary>
    public bool LogIsOver { get; init; }

    /// <summary>L: items of an answer that the user sees, 1 or more. An answer of fewer is dropped; responses to items further down are not learned from.</summary>
    public int ListSize { get; init; } = 1;

    /// <summary>Whether every item's action is kept (EnhancedRL) or the request's one.</summary>
    public bool PerCandidate { get; init; }

    /// <summary>M: candidates to keep of those that were not shown, drawn evenly by the request's id; 0 for none.</summary>
    public int PassedOver { get; init; }

    /// <summary>Sessions that begin (are first received) from here on are kept apart, to evaluate on.</summary>
    public DateTimeOffset? NewestFrom { get; init; }

    /// <summary>Users whose sessions are kept apart with the newest, to evaluate on; none where null.</summary>
    public Func<string, bool>? KeepsBack { get; init; }

    /// <summary>Rows of a shard, about.</summary>
    public int RowsPerShard { get; init; } = 65_536;

    /// <summary>What the service keeps of a user: its <c>Sessions:Events</c>, <c>:EventIds</c> and <c>:EventBytes</c>.</summary>
    public SessionLimits Limits { get; init; } = new(100, 1000);

    /// <summary>After which pause without feedback the service forgets a session: its <c>Sessions:Expiry</c>.</summary>
    public TimeSpan SessionExpiry { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Impressions that the state's statistics and the reward's weights are measured on at most.</summary>
    public int MeasuredImpressions { get; init; } = 200_000;

    /// <summary>The state of one exposure in so many that the bundle itself ranked is compared with what the service saw, 1 or more.</summary>
    public int CompareEvery { get; init; } = 16;

    /// <summary>Seconds watched that are a reward of 1.</summary>
    public double WatchScale { get; init; } = 60;

    /// <summary>Rewards of click, long view, like, strong positive and hate; measured on the window where null.</summary>
    public IReadOnlyList<float>? Behaviours { get; init; }

    /// <summary>What the measured rewards of behaviours are multiplied with, 0 or more: 1 lets them vary as much as the watch time over the log.</summary>
    public double BehavioursWeight { get; init; } = 1;
}
