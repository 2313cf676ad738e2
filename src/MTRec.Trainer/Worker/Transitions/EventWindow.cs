using MTRec.Core.Events;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>
/// The events of a state's window, a part of the users at a time: each event once, users by their ids, a user's events in the order of receipt. Who is
/// deleted is not in it, whether the files still hold something of the user or not.
/// </summary>
/// <param name="state">The state; not disposed of.</param>
internal sealed class EventWindow(StateSnapshot state)
{
    private readonly ForgottenUsers _forgotten = new(state.Commit);

    /// <summary>Number of parts.</summary>
    public int Parts => state.Commit.Parts;

    /// <summary>Until when all events that were received are here.</summary>
    public DateTimeOffset? Newest => state.Until;

    /// <summary>Events that the files should hold.</summary>
    public EventCounts Counts => state.Commit.Events.Aggregate(default(EventCounts), (sum, file) => sum + file.Counts);

    /// <summary>What came in since the state began.</summary>
    public IntakeCounts Intake => state.Commit.Counts;

    /// <summary>All events, one part in memory at a time: what evaluates event logs reads it.</summary>
    public IEnumerable<LoggedEvent> Read() => Enumerable.Range(0, Parts).SelectMany(part => Read(part).Events);

    /// <summary>A part's events.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public PartEvents Read(int part)
    {
        var events = new List<LoggedEvent>();
        var (damaged, forgotten) = (default(EventCounts), default(EventCounts));
        foreach (var file in state.Commit.Events.Where(file => file.Part == part).OrderBy(file => file.Day))
        {
            damaged += file.Counts;
            foreach (var line in PartLines.Read(state.PathOf(file), file.Length))
            {
                if (EventLine.Read(line.Span, out var entry) != EventLineState.Whole)
                    continue;
                damaged -= EventCounts.Of(entry!);
                if (_forgotten.Drops(entry!))
                    forgotten += EventCounts.Of(entry!);
                else
                    events.Add(entry!);
            }
        }

        // The sort is stable: events of one moment, which are of one call, stay in the order in which they were logged.
        var seen = new HashSet<(string User, bool IsExposure, string Id)>();
        var duplicates = default(EventCounts);
        var kept = new List<LoggedEvent>(events.Count);
        foreach (var entry in events.OrderBy(entry => entry.UserId, StringComparer.Ordinal).ThenBy(entry => entry.Received))
        {
            var id = entry is ExposureEvent exposure ? (entry.UserId, true, exposure.RequestId) : (entry.UserId, false, ((FeedbackEvent)entry).EventId);
            if (seen.Add(id))
                kept.Add(entry);
            else
                duplicates += EventCounts.Of(entry);
        }

        return new PartEvents(kept, duplicates, damaged, forgotten);
    }
}

/// <summary>Events of a part of the users.</summary>
/// <param name="Events">Each once, users by their ids, a user's in the order of receipt.</param>
/// <param name="Duplicates">Events that were there before.</param>
/// <param name="Damaged">Events whose lines the disk has damaged.</param>
/// <param name="Forgotten">Events of deleted users that are not erased yet.</param>
internal sealed record PartEvents(IReadOnlyList<LoggedEvent> Events, EventCounts Duplicates, EventCounts Damaged, EventCounts Forgotten);
