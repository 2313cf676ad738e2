using System.Collections.Immutable;
using Google.Protobuf;
using MTRec.Core.Sessions;
using MTRec.Serving.Sessions.Stored;

namespace MTRec.Serving.Sessions;

/// <summary>Sessions as the messages of session.proto.</summary>
internal static class StoredSessions
{
    /// <summary>One impression as an element of <see cref="StoredSession.Events"/>: with its tag and length, so that such elements make a session when they stand in a row.</summary>
    public static byte[] Element(SessionEvent shown) => new StoredSession
    {
        Events =
        {
            new StoredEvent { TimestampMs = (ulong)shown.TimestampMs, Actions = (uint)shown.Actions, WatchSeconds = shown.WatchSeconds, ItemId = shown.ItemId },
        },
    }.ToByteArray();

    /// <summary>Reads a session.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are none.</exception>
    public static UserSession Read(byte[] events, long totalEvents) => new(
        [.. StoredSession.Parser.ParseFrom(events).Events.Select(shown =>
            new SessionEvent(shown.ItemId, (long)shown.TimestampMs, (UserActions)shown.Actions, shown.WatchSeconds))],
        ImmutableArray<string>.Empty,
        totalEvents);
}
