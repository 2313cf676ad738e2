using Google.Protobuf;
using MTRec.Serving.Features;
using MTRec.Serving.Http;
using MTRec.Serving.Protobuf;
using MTRec.V1;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Reads a rank request in protobuf from its bytes straight into the graphs' tensors: <see cref="RankRequestReader"/> for the message of mtrec.proto.
/// The fields are gone through twice, as they may come in any order: first for all but the columns of scores and features, then for these.
/// </summary>
internal ref struct RankMessageReader
{
    private const int PlacesOnStack = 256;

    private readonly RankReading _reading;
    private readonly Span<bool> _contextSeen;
    private readonly Span<bool> _userSeen;
    private List<int>? _tasks;
    private bool _hasColumns;
    private bool _strict;

    private RankMessageReader(RankReading reading, Span<bool> contextSeen, Span<bool> userSeen)
    {
        _reading = reading;
        _contextSeen = contextSeen;
        _userSeen = userSeen;
    }

    /// <summary>Reads <paramref name="message"/>; what it says is void where faults are found.</summary>
    /// <param name="message">A RankRequest of mtrec.proto.</param>
    /// <param name="reading">Receives the request and its faults.</param>
    /// <param name="bundleScoresTasks">Whether candidates may come without task scores.</param>
    public static void Read(ReadOnlySpan<byte> message, RankReading reading, bool bundleScoresTasks)
    {
        var (context, user) = (reading.Names.Context.Definitions.Count, reading.Names.User.Definitions.Count);
        var places = context + user;
        Span<bool> seen = places <= PlacesOnStack ? stackalloc bool[PlacesOnStack] : new bool[places];
        try
        {
            new RankMessageReader(reading, seen[..context], seen.Slice(context, user)).ReadRequest(new WireReader(message), bundleScoresTasks);
        }
        catch (MalformedMessageException e)
        {
            reading.Errors.Invalid(JsonPath.Root, e.Message);
        }
    }

    /// <summary>Finds the user of <paramref name="message"/> before it is read: <see cref="UserIdScan"/> for protobuf.</summary>
    /// <returns>The user, or null where the request is one that will be refused.</returns>
    public static string? FindUser(ReadOnlySpan<byte> message)
    {
        var fields = new WireReader(message);
        string? user = null;
        try
        {
            while (fields.ReadField())
            {
                if (fields is { Field: RankRequest.UserIdFieldNumber, Type: WireFormat.WireType.LengthDelimited })
                    user = fields.ReadText();
                else
                    fields.Skip();
            }
        }
        catch (MalformedMessageException)
        {
            return null;
        }

        return JsonText.IdFault(user) is null ? user : null;
    }

    private void ReadRequest(WireReader message, bool bundleScoresTasks)
    {
        var fields = message;
        while (!_reading.Stop && fields.ReadField())
            ReadMember(ref fields);
        if (_reading.Stop)
            return;

        if (_tasks is not null)
            _reading.Tasks = [.. _tasks];
        if (!_hasColumns)
            _reading.Errors.Invalid(ColumnPaths.All, "is needed.");
        else if (_reading.Call.Count == 0)
            _reading.Errors.Invalid(ColumnPaths.ItemIds, "must hold at least one candidate.");
        else
            new CandidateColumnFields(_reading).Read(message);
        if (!_reading.Stop)
            _reading.CheckWhole(ColumnPaths.Scores, _strict, bundleScoresTasks);
    }

    private void ReadMember(ref WireReader fields)
    {
        var call = _reading.Call;
        switch (fields.Field)
        {
            case RankRequest.RequestIdFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, "$.requestId"):
                call.RequestId = ReadId(ref fields, "$.requestId") is { Length: > 0 } id ? id : null;
                break;
            case RankRequest.UserIdFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, "$.userId"):
                call.UserId = ReadId(ref fields, "$.userId");
                break;
            case RankRequest.TimestampMsFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.Varint, "$.timestamp"):
                if (WireTimestamp.TryRead(ref fields, out var timestamp) is { } timestampFault)
                    _reading.Errors.Invalid("$.timestamp", timestampFault);
                call.Timestamp = timestamp;
                break;
            case RankRequest.ContextFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, "$.context"):
                ReadFeature(fields.ReadMessage(), _reading.Names.Context, "$.context", call.Inputs.Context, _contextSeen);
                break;
            case RankRequest.UserFeaturesFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, "$.userFeatures"):
                ReadFeature(fields.ReadMessage(), _reading.Names.User, "$.userFeatures", call.Inputs.User, _userSeen);
                break;
            case RankRequest.TasksFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, RankReading.TasksPath):
                _reading.AddTask(_tasks ??= [], _reading.Names.FindTask(fields.ReadBytes()));
                break;
            case RankRequest.ColumnsFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.LengthDelimited, ColumnPaths.All):
                _hasColumns = true;
                ReadItemIds(fields.ReadMessage());
                break;
            case RankRequest.LimitFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.Varint, "$.limit"):
                var limit = (long)fields.ReadVarint();
                call.Limit = (int)Math.Clamp(limit, 1, int.MaxValue);
                if (call.Limit != limit)
                    _reading.Errors.Invalid("$.limit", "must be a whole number from 1 on.");
                break;
            case RankRequest.ExplainFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.Varint, "$.explain"):
                call.Explain = fields.ReadVarint() != 0;
                break;
            case RankRequest.StrictFieldNumber when _reading.Expect(ref fields, WireFormat.WireType.Varint, "$.strict"):
                _strict = fields.ReadVarint() != 0;
                break;
            case > RankRequest.StrictFieldNumber:
                _reading.SkipUnknown(ref fields, JsonPath.Root);
                break;
        }
    }

    // An empty id is one that was not given, as proto3 has it.
    private readonly string ReadId(ref WireReader fields, string path)
    {
        var id = fields.ReadText();
        if (id.Length == 0 || JsonText.IdFault(id) is not { } fault)
            return id;
        _reading.Errors.Invalid(path, fault);
        return "";
    }

    private readonly void ReadFeature(WireReader feature, FeatureNames names, string path, Span<float> values, Span<bool> seen)
    {
        ReadOnlySpan<byte> name = [];
        var number = float.NaN;
        string? category = null;
        var given = false;
        while (feature.ReadField())
        {
            switch (feature.Field)
            {
                case Feature.NameFieldNumber when _reading.Expect(ref feature, WireFormat.WireType.LengthDelimited, path):
                    name = feature.ReadBytes();
                    break;
                case Feature.NumberFieldNumber when _reading.Expect(ref feature, WireFormat.WireType.Fixed32, path):
                    (number, category, given) = (feature.ReadFloat(), null, true);
                    break;
                case Feature.CategoryFieldNumber when _reading.Expect(ref feature, WireFormat.WireType.LengthDelimited, path):
                    (category, given) = (feature.ReadText(), true);
                    break;
                case > Feature.CategoryFieldNumber:
                    _reading.SkipUnknown(ref feature, path);
                    break;
            }
        }

        var index = names.Find(name, 0);
        if (index < 0)
        {
            _reading.NoteUnknownName(path, name, feature.Position);
            return;
        }

        var value = float.NaN;
        var definition = names.Definitions[index];
        var fault = seen[index] ? MessageReading.StandsTwice
            : !given ? null
            : category is null ? FeatureValue.TryNumber(definition, number, out value)
            : FeatureValue.TryName(definition, category, out value);
        seen[index] = true;
        if (fault is not null)
            _reading.Errors.Invalid(JsonPath.Member(path, definition.Name), fault);
        else if (given)
            values[index] = value;
    }

    private readonly void ReadItemIds(WireReader columns)
    {
        while (!_reading.Stop && columns.ReadField())
        {
            if (columns.Field != Columns.ItemIdsFieldNumber)
                columns.Skip();
            else if (_reading.Expect(ref columns, WireFormat.WireType.LengthDelimited, ColumnPaths.ItemIds))
                ReadItemId(ref columns);
        }

        _reading.Describe();
    }

    private readonly void ReadItemId(ref WireReader columns)
    {
        var candidate = _reading.Call.Count;
        if (!_reading.TryAddCandidate(ColumnPaths.ItemIds))
            return;
        var id = columns.ReadUtf8();
        if ((JsonText.IdFault(id) ?? _reading.TakeItemId(id, candidate)) is { } fault)
            _reading.Errors.Invalid(JsonPath.Element(ColumnPaths.ItemIds, candidate), fault);
    }
}
