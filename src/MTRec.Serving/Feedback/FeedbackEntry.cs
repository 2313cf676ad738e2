using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Serving.Http;

namespace MTRec.Serving.Feedback;

/// <summary>Reads one event of a feedback call; the first fault stops it.</summary>
internal struct FeedbackEntry(JsonElement entry)
{
    private const float LongestWatch = 86_400;

    /// <summary>The member that has a fault; null where there is none.</summary>
    public string? FaultyField { get; private set; }

    /// <summary>What is wrong with it.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads the event.</summary>
    /// <param name="now">The moment it came; its own where it names none.</param>
    /// <returns>The event; null where it has a fault.</returns>
    public ReadFeedback? Read(DateTimeOffset now)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return Refuse("", "must be an object.");
        if (Id("eventId", isNeeded: true, out var eventId)
            && Id("userId", isNeeded: true, out var userId)
            && Id("itemId", isNeeded: true, out var itemId)
            && Id("requestId", isNeeded: false, out var requestId)
            && Timestamp(out var timestamp)
            && WatchSeconds(out var watched)
            && Actions(out var actions))
        {
            var moment = timestamp ?? now;
            return new ReadFeedback(
                new FeedbackEvent
                {
                    Received = now,
                    UserId = userId!,
                    EventId = eventId!,
                    RequestId = requestId,
                    ItemId = itemId!,
                    Timestamp = moment,
                    Actions = [.. UserActionNames.Of(actions)],
                    WatchSeconds = watched,
                },
                new SessionEvent(itemId!, moment.ToUnixTimeMilliseconds(), actions, watched ?? 0));
        }

        return null;
    }

    private bool Id(string field, bool isNeeded, out string? id)
    {
        id = null;
        if (!IsGiven(field, out var value))
            return !isNeeded || Faulty(field, "is needed.");
        if (value.ValueKind != JsonValueKind.String)
            return Faulty(field, "must be a string.");
        id = value.GetString();
        return JsonText.IdFault(id) is not { } fault || Faulty(field, fault);
    }

    private bool Timestamp(out DateTimeOffset? moment)
    {
        const string Field = "timestamp";
        moment = null;
        if (!IsGiven(Field, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.String || !value.TryGetDateTime(out var local) || !value.TryGetDateTimeOffset(out var given))
            return Faulty(Field, JsonText.ExpectedTimestamp);
        moment = local.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(local, TimeSpan.Zero) : given;
        return JsonText.TimestampFault(moment.Value) is not { } fault || Faulty(Field, fault);
    }

    private bool WatchSeconds(out float? watched)
    {
        const string Field = "watchSeconds";
        watched = null;
        if (!IsGiven(Field, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || !(seconds >= 0 && seconds <= LongestWatch))
            return Faulty(Field, $"must be a number in [0, {LongestWatch}], in seconds.");
        watched = (float)seconds;
        return true;
    }

    private bool Actions(out UserActions actions)
    {
        const string Field = "actions";
        actions = UserActions.None;
        if (!IsGiven(Field, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Object)
            return Faulty(Field, "must be an object that maps an action to 0 or 1.");
        foreach (var property in value.EnumerateObject())
        {
            if (!UserActionNames.TryParse(property.Name, out var action))
                return Faulty(JsonPath.Member(Field, property.Name), $"is not one of {string.Join(", ", UserActionNames.All)}.");
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetDouble(out var done) || done is not (0 or 1))
                return Faulty(JsonPath.Member(Field, property.Name), "must be 0 or 1.");
            actions |= done == 1 ? action : UserActions.None;
        }

        return true;
    }

    // null says the same as leaving a member out.
    private readonly bool IsGiven(string field, out JsonElement value) =>
        entry.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;

    private bool Faulty(string field, string fault)
    {
        (FaultyField, Fault) = (field, fault);
        return false;
    }

    private ReadFeedback? Refuse(string field, string fault)
    {
        Faulty(field, fault);
        return null;
    }
}

/// <summary>One good event.</summary>
/// <param name="Logged">As the event log keeps it.</param>
/// <param name="Session">As the session keeps it.</param>
internal sealed record ReadFeedback(FeedbackEvent Logged, SessionEvent Session);
