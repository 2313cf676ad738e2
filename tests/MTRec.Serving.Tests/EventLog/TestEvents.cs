using MTRec.Core.Events;

namespace MTRec.Serving.Tests.EventLog;

internal static class TestEvents
{
    public static FeedbackEvent Feedback(string eventId, string userId, DateTimeOffset moment) => new()
    {
        Received = moment,
        UserId = userId,
        EventId = eventId,
        ItemId = "v-1",
        Timestamp = moment,
        Actions = ["click"],
    };
}
