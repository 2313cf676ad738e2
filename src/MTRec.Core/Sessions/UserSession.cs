using System.Collections.Immutable;

namespace MTRec.Core.Sessions;

/// <summary>
/// What is remembered of one user: the latest impressions, oldest first, across sessions. Immutable, so that a reader and a
/// writer of the same user never meet.
/// </summary>
/// <param name="Events">The latest impressions, oldest first, at most <see cref="SessionLimits.Events"/> and <see cref="SessionLimits.Bytes"/>.</param>
/// <param name="RecentEventIds">Identifiers of the feedback already applied, oldest first, for idempotence.</param>
/// <param name="TotalEvents">Impressions ever applied, forgotten ones included.</param>
public sealed record UserSession(ImmutableArray<SessionEvent> Events, ImmutableArray<string> RecentEventIds, long TotalEvents)
{
    /// <summary>A user nothing is known about.</summary>
    public static UserSession Empty { get; } = new([], [], 0);

    /// <summary>
    /// Adds one impression in time order, forgetting the oldest beyond the limits. Feedback whose identifier was applied
    /// already changes nothing.
    /// </summary>
    /// <returns>The next state, and whether the event was new.</returns>
    public (UserSession Next, bool Applied) Apply(string eventId, SessionEvent sessionEvent, SessionLimits limits)
    {
        if (RecentEventIds.Contains(eventId))
            return (this, false);

        // Feedback mostly arrives in order, so the place is searched from the end.
        var place = Events.Length;
        while (place > 0 && Events[place - 1].TimestampMs > sessionEvent.TimestampMs)
            place--;

        var events = Events.Insert(place, sessionEvent);
        events = events.RemoveRange(0, Excess(events, limits));
        var ids = RecentEventIds.Add(eventId);
        if (ids.Length > limits.EventIds)
            ids = ids.RemoveRange(0, ids.Length - limits.EventIds);
        return (new UserSession(events, ids, TotalEvents + 1), true);
    }

    // How many of the oldest are forgotten.
    private static int Excess(ImmutableArray<SessionEvent> events, SessionLimits limits)
    {
        var kept = 0;
        for (var bytes = 0; kept < events.Length && kept < limits.Events; kept++)
        {
            bytes += events[^(kept + 1)].StoredBytes;
            if (bytes > limits.Bytes)
                break;
        }

        return events.Length - kept;
    }
}

/// <summary>How much of one user is remembered.</summary>
/// <param name="Events">Latest impressions kept, 1 or more.</param>
/// <param name="EventIds">Latest feedback identifiers kept for idempotence, 1 or more.</param>
/// <param name="Bytes">Bytes of the impressions at most, by <see cref="SessionEvent.StoredBytes"/>.</param>
public readonly record struct SessionLimits(int Events, int EventIds, int Bytes = SessionLimits.DefaultBytes)
{
    /// <summary>Bytes of one user's impressions: with what goes with them, below 4 KiB.</summary>
    public const int DefaultBytes = 4000;

    /// <summary>100 impressions, 200 identifiers, 4,000 bytes.</summary>
    public static SessionLimits Default { get; } = new(100, 200);
}
