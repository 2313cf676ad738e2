using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MTRec.Core.Sessions;
using MTRec.Serving.Protobuf;
using MTRec.Serving.Sessions.Stored;

namespace MTRec.Serving.Sessions;

/// <summary>Sessions as the messages of session.proto.</summary>
internal static class StoredSessions
{
    private static readonly SharedTexts ItemIds = new(1 << 16);

    /// <summary>One impression as an element of <see cref="StoredSession.Events"/>: with its tag and length, so that such elements make a session when they stand in a row.</summary>
    public static byte[] Element(SessionEvent shown) => new StoredSession
    {
        Events =
        {
            new StoredEvent { TimestampMs = (ulong)shown.TimestampMs, Actions = (uint)shown.Actions, WatchSeconds = shown.WatchSeconds, ItemId = shown.ItemId },
        },
    }.ToByteArray();

    /// <summary>Reads a session. Every rank call does: straight from the wire, without a message an impression.</summary>
    /// <exception cref="MalformedMessageException">The bytes are none.</exception>
    public static UserSession Read(byte[] events, long totalEvents)
    {
        var count = 0;
        for (var session = new WireReader(events); session.ReadField(); session.Skip())
            count += IsEvent(session) ? 1 : 0;

        var read = new SessionEvent[count];
        var next = 0;
        for (var session = new WireReader(events); session.ReadField();)
        {
            if (IsEvent(session))
                read[next++] = ReadEvent(session.ReadMessage());
            else
                session.Skip();
        }

        return new UserSession(ImmutableCollectionsMarshal.AsImmutableArray(read), ImmutableArray<string>.Empty, totalEvents);
    }

    private static bool IsEvent(WireReader session) =>
        session is { Field: StoredSession.EventsFieldNumber, Type: WireFormat.WireType.LengthDelimited };

    private static SessionEvent ReadEvent(WireReader fields)
    {
        var (itemId, timestamp, actions, watched) = ("", 0L, 0UL, 0f);
        while (fields.ReadField())
        {
            switch (fields.Field)
            {
                case StoredEvent.TimestampMsFieldNumber when fields.Type == WireFormat.WireType.Fixed64:
                    timestamp = fields.ReadFixed64();
                    break;
                case StoredEvent.ActionsFieldNumber when fields.Type == WireFormat.WireType.Varint:
                    actions = fields.ReadVarint();
                    break;
                case StoredEvent.WatchSecondsFieldNumber when fields.Type == WireFormat.WireType.Fixed32:
                    watched = fields.ReadFloat();
                    break;
                case StoredEvent.ItemIdFieldNumber when fields.Type == WireFormat.WireType.LengthDelimited:
                    itemId = ItemIds.Of(fields.ReadUtf8());
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        return new SessionEvent(itemId, timestamp, (UserActions)(int)actions, watched);
    }
}
