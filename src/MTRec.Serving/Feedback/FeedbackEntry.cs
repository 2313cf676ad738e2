using System.Text.Json;
using MTRec.Core.Sessions;
using MTRec.Serving.Http;

namespace MTRec.Serving.Feedback;

/// <summary>Reads one event of a feedback call in JSON.</summary>
internal ref struct FeedbackEntry(JsonElement entry, ref FeedbackRules rules)
{
    private readonly ref FeedbackRules _rules = ref rules;

    /// <summary>Reads the event.</summary>
    /// <param name="now">The moment it came.</param>
    /// <returns>The event; null where it has a fault.</returns>
    public ReadFeedback? Read(DateTimeOffset now)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            _rules.Refuse("", "must be an object.");
        else if (Id(FeedbackRules.EventId, isNeeded: true, out var eventId)
            && Id(FeedbackRules.UserId, isNeeded: true, out var userId)
            && Id(FeedbackRules.ItemId, isNeeded: true, out var itemId)
            && Id(FeedbackRules.RequestId, isNeeded: false, out var requestId)
            && Timestamp(out var timestamp)
            && WatchSeconds(out var watched)
            && Actions(out var actions))
        {
            return ReadFeedback.Of(now, eventId!, userId!, itemId!, requestId, timestamp, actions, watched);
        }

        return null;
    }

    private readonly bool Id(string field, bool isNeeded, out string? id)
    {
        id = null;
        if (IsGiven(field, out var value))
        {
            if (value.ValueKind != JsonValueKind.String)
                return _rules.Refuse(field, "must be a string.");
            id = value.GetString();
        }

        return _rules.TakeId(field, id, isNeeded);
    }

    private readonly bool Timestamp(out DateTimeOffset? moment)
    {
        moment = null;
        if (!IsGiven(FeedbackRules.Timestamp, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.String || !value.TryGetDateTime(out var local) || !value.TryGetDateTimeOffset(out var given))
            return _rules.TakeTimestamp(JsonText.ExpectedTimestamp);
        moment = local.Kind == DateTimeKind.Unspecified ? new DateTimeOffset(local, TimeSpan.Zero) : given;
        return _rules.TakeTimestamp(JsonText.TimestampFault(moment.Value));
    }

    private readonly bool WatchSeconds(out float? watched)
    {
        watched = null;
        if (!IsGiven(FeedbackRules.WatchSeconds, out var value))
            return true;
        var seconds = value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : double.NaN;
        watched = (float)seconds;
        return _rules.TakeWatchSeconds(seconds);
    }

    private readonly bool Actions(out UserActions actions)
    {
        actions = UserActions.None;
        if (!IsGiven(FeedbackRules.Actions, out var value))
            return true;
        if (value.ValueKind != JsonValueKind.Object)
            return _rules.Refuse(FeedbackRules.Actions, "must be an object that maps an action to 0 or 1.");
        foreach (var property in value.EnumerateObject())
        {
            if (!_rules.TakeAction(property.Name, out var action))
                return false;
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetDouble(out var done) || done is not (0 or 1))
                return _rules.Refuse(JsonPath.Member(FeedbackRules.Actions, property.Name), "must be 0 or 1.");
            actions |= done == 1 ? action : UserActions.None;
        }

        return true;
    }

    // null says the same as leaving a member out.
    private readonly bool IsGiven(string field, out JsonElement value) =>
        entry.TryGetProperty(field, out value) && value.ValueKind != JsonValueKind.Null;
}
