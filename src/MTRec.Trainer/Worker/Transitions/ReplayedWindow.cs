using MTRec.Core.Events;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>A window's sessions, one part of the users in memory at a time.</summary>
/// <param name="window">The window.</param>
/// <param name="options">How.</param>
/// <param name="fault">Why an exposure cannot be learned from; null where it can.</param>
internal sealed class ReplayedWindow(EventWindow window, TransitionOptions options, Func<ExposureEvent, DropReason?> fault)
{
    /// <summary>The sessions, with their steps that are learned from.</summary>
    /// <param name="counts">Counts what becomes of every event.</param>
    /// <param name="cancellation">Ends the work between two users.</param>
    public IEnumerable<IReadOnlyList<ReplayedStep>> Sessions(TransitionCounts counts, CancellationToken cancellation)
    {
        var all = window.Counts;
        counts.Intake = window.Intake;
        counts.Exposures += all.Exposures;
        counts.Feedback += all.Feedback;
        if (window.Newest is not { } newest)
            yield break;
        var replay = new UserReplay(options, newest, fault, counts);
        for (var part = 0; part < window.Parts; part++)
        {
            var events = window.Read(part);
            counts.Forget(events.Forgotten);
            counts.Drop(DropReason.Damaged, events.Damaged.Exposures);
            counts.Drop(DropReason.Duplicate, events.Duplicates.Exposures);
            counts.FeedbackDropped += events.Damaged.Feedback + events.Duplicates.Feedback;
            foreach (var user in ByUser(events.Events))
            {
                cancellation.ThrowIfCancellationRequested();
                foreach (var session in replay.Run(user))
                    yield return session;
            }
        }
    }

    private static IEnumerable<IReadOnlyList<LoggedEvent>> ByUser(IReadOnlyList<LoggedEvent> events)
    {
        var user = new List<LoggedEvent>();
        foreach (var entry in events)
        {
            if (user.Count > 0 && user[^1].UserId != entry.UserId)
            {
                yield return user;
                user = [];
            }

            user.Add(entry);
        }

        if (user.Count > 0)
            yield return user;
    }
}
