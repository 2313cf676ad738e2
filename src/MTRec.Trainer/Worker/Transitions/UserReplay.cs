using MTRec.Core.Events;
using MTRec.Core.Sessions;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>One exposure, what was known when it was ranked, and what came of it.</summary>
/// <param name="exposure">The exposure.</param>
/// <param name="history">What the service remembered of the user then, oldest first.</param>
/// <param name="dropped">Why it is not learned from; null where it is.</param>
internal sealed class ReplayedStep(ExposureEvent exposure, IReadOnlyList<SessionEvent> history, DropReason? dropped)
{
    /// <summary>The exposure.</summary>
    public ExposureEvent Exposure => exposure;

    /// <summary>What the service remembered of the user then, oldest first.</summary>
    public IReadOnlyList<SessionEvent> History => history;

    /// <summary>Why it is not learned from; null where it is.</summary>
    public DropReason? Dropped { get; set; } = dropped;

    /// <summary>Responses to the items of the list, by their place in it.</summary>
    public Dictionary<int, ItemResponse> Responses { get; } = [];

    /// <summary>Number of responses joined.</summary>
    public int Joined { get; set; }
}

/// <summary>What a user did with a shown item, all responses to it together.</summary>
/// <param name="Actions">Done in any of them.</param>
/// <param name="WatchSeconds">The longest watch time; NaN where none tells it.</param>
internal readonly record struct ItemResponse(UserActions Actions, float WatchSeconds)
{
    /// <summary>With another response.</summary>
    public ItemResponse And(ItemResponse other) => new(
        Actions | other.Actions,
        float.IsNaN(WatchSeconds) ? other.WatchSeconds : float.IsNaN(other.WatchSeconds) ? WatchSeconds : Math.Max(WatchSeconds, other.WatchSeconds));
}

/// <summary>
/// Goes through a user's events as the service took them in: the history grows with the feedback, exposures find it as it was then. An exposure
/// that was ranked without the session store had no history.
/// </summary>
/// <param name="options">How.</param>
/// <param name="newest">Until when all events that were received are here.</param>
/// <param name="fault">Why an exposure cannot be learned from; null where it can.</param>
/// <param name="counts">Counts responses and dropped exposures.</param>
internal sealed class UserReplay(TransitionOptions options, DateTimeOffset newest, Func<ExposureEvent, DropReason?> fault, TransitionCounts counts)
{
    private const string SessionStorePart = "sessionStore";

    /// <summary>A user's sessions, each with the steps that are learned from, in their order.</summary>
    /// <param name="events">The user's events, each once, in the order of receipt.</param>
    public IReadOnlyList<IReadOnlyList<ReplayedStep>> Run(IReadOnlyList<LoggedEvent> events)
    {
        var steps = Steps(events);
        Join(steps, events);
        var sessions = new List<IReadOnlyList<ReplayedStep>>();
        foreach (var session in Sessions(steps))
        {
            var mayGoOn = !options.LogIsOver && session[^1].Exposure.Received > newest - options.JoinWindow;
            foreach (var step in session)
            {
                step.Dropped ??= mayGoOn ? DropReason.Waiting : null;
                if (step.Dropped is { } reason)
                    counts.Drop(reason);
                else
                    counts.Joined += step.Joined;
                if (step.Dropped is not null)
                    counts.NotLearned += step.Joined;
            }

            if (session.Where(step => step.Dropped is null).ToArray() is { Length: > 0 } learned)
                sessions.Add(learned);
        }

        return sessions;
    }

    private List<ReplayedStep> Steps(IReadOnlyList<LoggedEvent> events)
    {
        var steps = new List<ReplayedStep>();
        var session = UserSession.Empty;
        DateTimeOffset? fed = null;
        foreach (var entry in events)
        {
            if (fed is { } last && entry.Received - last >= options.SessionExpiry)
                session = UserSession.Empty;
            if (entry is ExposureEvent exposure)
            {
                var isBlind = exposure.Degraded.Contains(SessionStorePart);
                steps.Add(new ReplayedStep(exposure, isBlind ? [] : session.Events, fault(exposure)));
            }
            else if (entry is FeedbackEvent feedback)
            {
                var shown = new SessionEvent(feedback.ItemId, feedback.Timestamp.ToUnixTimeMilliseconds(), ActionsOf(feedback), feedback.WatchSeconds ?? 0);
                (session, _) = session.Apply(feedback.EventId, shown, options.Limits);
                fed = entry.Received;
            }
        }

        return steps;
    }

    // After all exposures are known: replicas' clocks differ, and a response may seem to come first.
    private void Join(List<ReplayedStep> steps, IReadOnlyList<LoggedEvent> events)
    {
        var byRequest = steps.ToDictionary(step => step.Exposure.RequestId, StringComparer.Ordinal);
        foreach (var feedback in events.OfType<FeedbackEvent>())
        {
            if (feedback.RequestId is null || !byRequest.TryGetValue(feedback.RequestId, out var step))
                counts.Unmatched++;
            else if (feedback.Received - step.Exposure.Received > options.JoinWindow)
                counts.Late++;
            else if (step.Dropped is not null || PlaceOf(step.Exposure, feedback.ItemId) is not { } place)
                counts.NotLearned++;
            else
                Respond(step, place, new ItemResponse(ActionsOf(feedback), feedback.WatchSeconds ?? float.NaN));
        }
    }

    private static void Respond(ReplayedStep step, int place, ItemResponse response)
    {
        step.Joined++;
        step.Responses[place] = step.Responses.TryGetValue(place, out var known) ? known.And(response) : response;
    }

    private int? PlaceOf(ExposureEvent exposure, string itemId)
    {
        for (var place = 0; place < options.ListSize; place++)
        {
            if (exposure.ItemIds[exposure.Order[place]] == itemId)
                return place;
        }

        return null;
    }

    private IEnumerable<List<ReplayedStep>> Sessions(List<ReplayedStep> steps)
    {
        var session = new List<ReplayedStep>();
        foreach (var step in steps)
        {
            if (session.Count > 0 && step.Exposure.Timestamp - session[^1].Exposure.Timestamp >= options.SessionGap)
            {
                yield return session;
                session = [];
            }

            session.Add(step);
        }

        if (session.Count > 0)
            yield return session;
    }

    /// <summary>What a response says the user did.</summary>
    internal static UserActions ActionsOf(FeedbackEvent feedback)
    {
        var actions = UserActions.None;
        foreach (var name in feedback.Actions)
            actions |= UserActionNames.TryParse(name, out var action) ? action : UserActions.None;
        return actions;
    }
}
