using Google.Protobuf;
using MTRec.Core.Sessions;
using MTRec.Serving.Protobuf;

namespace MTRec.Serving.Feedback;

/// <summary>Reads one event of a feedback call in protobuf: <see cref="FeedbackEntry"/> for the FeedbackEvent of mtrec.proto.</summary>
internal ref struct FeedbackMessageEntry(WireReader fields, ref FeedbackRules rules)
{
    private readonly ref FeedbackRules _rules = ref rules;
    private WireReader _fields = fields;
    private string? _eventId;
    private string? _userId;
    private string? _itemId;
    private string? _requestId;
    private DateTimeOffset? _timestamp;
    private UserActions _actions;
    private float? _watched;

    /// <summary>Reads the event.</summary>
    /// <param name="now">The moment it came.</param>
    /// <returns>The event; null where it has a fault.</returns>
    /// <exception cref="MalformedMessageException">It is malformed.</exception>
    public ReadFeedback? Read(DateTimeOffset now)
    {
        // Read to its end even where it has a fault: a malformed call is refused whole.
        while (_fields.ReadField())
        {
            if (_rules.FaultyField is null)
                ReadMember();
            else
                _fields.Skip();
        }

        return _rules.FaultyField is null
            && _rules.TakeId(FeedbackRules.EventId, _eventId, isNeeded: true)
            && _rules.TakeId(FeedbackRules.UserId, _userId, isNeeded: true)
            && _rules.TakeId(FeedbackRules.ItemId, _itemId, isNeeded: true)
            && _rules.TakeId(FeedbackRules.RequestId, _requestId, isNeeded: false)
                ? ReadFeedback.Of(now, _eventId!, _userId!, _itemId!, _requestId, _timestamp, _actions, _watched)
                : null;
    }

    private void ReadMember()
    {
        switch (_fields.Field)
        {
            case V1.FeedbackEvent.EventIdFieldNumber when Expect(WireFormat.WireType.LengthDelimited, FeedbackRules.EventId):
                _eventId = ReadId();
                break;
            case V1.FeedbackEvent.UserIdFieldNumber when Expect(WireFormat.WireType.LengthDelimited, FeedbackRules.UserId):
                _userId = ReadId();
                break;
            case V1.FeedbackEvent.ItemIdFieldNumber when Expect(WireFormat.WireType.LengthDelimited, FeedbackRules.ItemId):
                _itemId = ReadId();
                break;
            case V1.FeedbackEvent.RequestIdFieldNumber when Expect(WireFormat.WireType.LengthDelimited, FeedbackRules.RequestId):
                _requestId = ReadId();
                break;
            case V1.FeedbackEvent.TimestampMsFieldNumber when Expect(WireFormat.WireType.Varint, FeedbackRules.Timestamp):
                _rules.TakeTimestamp(WireTimestamp.TryRead(ref _fields, out var moment));
                _timestamp = moment;
                break;
            case V1.FeedbackEvent.ActionsFieldNumber when Expect(WireFormat.WireType.LengthDelimited, FeedbackRules.Actions):
                _rules.TakeAction(_fields.ReadText(), out var action);
                _actions |= action;
                break;
            case V1.FeedbackEvent.WatchSecondsFieldNumber when Expect(WireFormat.WireType.Fixed32, FeedbackRules.WatchSeconds):
                _watched = _fields.ReadFloat();
                _rules.TakeWatchSeconds(_watched.Value);
                break;
            case > V1.FeedbackEvent.WatchSecondsFieldNumber:
                _fields.Skip();
                break;
        }
    }

    private bool Expect(WireFormat.WireType type, string field)
    {
        if (_fields.Type == type)
            return true;
        _rules.Refuse(field, _fields.TypeFault(type));
        _fields.Skip();
        return false;
    }

    // An empty id is one that was not given, as proto3 has it.
    private string? ReadId() => _fields.ReadText() is { Length: > 0 } id ? id : null;
}
