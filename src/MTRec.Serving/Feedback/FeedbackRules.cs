using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Serving.Http;

namespace MTRec.Serving.Feedback;

/// <summary>What holds of one event of a feedback call, in whatever form it comes; the first fault stops it.</summary>
internal struct FeedbackRules
{
    /// <summary>Member and field names.</summary>
    public const string EventId = "eventId", UserId = "userId", ItemId = "itemId", RequestId = "requestId", Timestamp = "timestamp", Actions = "actions", WatchSeconds = "watchSeconds";

    private const float LongestWatch = 86_400;

    /// <summary>The member that has a fault; null where there is none.</summary>
    public string? FaultyField { get; private set; }

    /// <summary>What is wrong with it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Checks an id; null where it is not given.</summary>
    /// <returns>Whether the event may be read on, as of all checks.</returns>
    public bool TakeId(string field, string? id, bool isNeeded)
    {
        if (id is null)
            return !isNeeded || Refuse(field, "is needed.");
        return JsonText.IdFault(id) is not { } fault || Refuse(field, fault);
    }

    /// <summary>Checks a moment.</summary>
    /// <param name="fault">What is wrong with it, or null.</param>
    public bool TakeTimestamp(string? fault) => fault is null || Refuse(Timestamp, fault);

    /// <summary>Checks how long an item was watched.</summary>
    public bool TakeWatchSeconds(double seconds) =>
        seconds is >= 0 and <= LongestWatch || Refuse(WatchSeconds, $"must be a number in [0, {LongestWatch}], in seconds.");

    /// <summary>Finds an action by its name.</summary>
    public bool TakeAction(string name, out UserActions action) =>
        UserActionNames.TryParse(name, out action) || Refuse(JsonPath.Member(Actions, name), $"is not one of {string.Join(", ", UserActionNames.All)}.");

    /// <summary>Notes a fault.</summary>
    /// <returns>False.</returns>
    public bool Refuse(string field, string fault)
    {
        (FaultyField, Fault) = (field, fault);
        return false;
    }
}

/// <summary>One good event.</summary>
/// <param name="Logged">As the event log keeps it.</param>
/// <param name="Session">As the session keeps it.</param>
internal sealed record ReadFeedback(FeedbackEvent Logged, SessionEvent Session)
{
    /// <summary>An event whose every part was checked.</summary>
    /// <param name="now">The moment it came; its own where it names none.</param>
    /// <param name="eventId">Its id.</param>
    /// <param name="userId">The user.</param>
    /// <param name="itemId">The item.</param>
    /// <param name="requestId">The rank call that showed the item, where known.</param>
    /// <param name="timestamp">When it was shown, where known.</param>
    /// <param name="actions">What the user did.</param>
    /// <param name="watched">Seconds watched, where known.</param>
    public static ReadFeedback Of(
        DateTimeOffset now, string eventId, string userId, string itemId, string? requestId, DateTimeOffset? timestamp, UserActions actions, float? watched)
    {
        var moment = timestamp ?? now;
        return new ReadFeedback(
            new FeedbackEvent
            {
                Received = now,
                UserId = userId,
                EventId = eventId,
                RequestId = requestId,
                ItemId = itemId,
                Timestamp = moment,
                Actions = [.. UserActionNames.Of(actions)],
                WatchSeconds = watched,
            },
            new SessionEvent(itemId, moment.ToUnixTimeMilliseconds(), actions, watched ?? 0));
    }
}
