using System.Text.Json;
using MTRec.Serving.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Reads a rank request from its bytes straight into the graphs' tensors. The order of members is free at every level; a name
/// that stands twice in one object is refused, known or not.
/// </summary>
internal ref struct RankRequestReader
{
    private const string TasksPath = RankReading.TasksPath;

    private readonly ReadOnlySpan<byte> _text;
    private readonly RankReading _reading;
    private Utf8JsonReader _json;
    private Utf8JsonReader _candidates;
    private Utf8JsonReader _columns;
    private bool _candidatesWait;
    private bool _columnsWait;
    private bool _hasCandidates;
    private bool _hasColumns;
    private bool _strict;

    private RankRequestReader(ReadOnlySpan<byte> text, RankReading reading)
    {
        _text = text;
        _reading = reading;
        _json = JsonText.Read(text);
    }

    /// <summary>Reads <paramref name="text"/>; what it says is void where faults are found.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="reading">Receives the request and its faults.</param>
    /// <param name="bundleScoresTasks">Whether candidates may come without task scores.</param>
    public static void Read(ReadOnlySpan<byte> text, RankReading reading, bool bundleScoresTasks)
    {
        try
        {
            var reader = new RankRequestReader(text, reading);
            reader.ReadRequest();
            if (!reading.Stop)
                reader.CheckWhole(bundleScoresTasks);
        }
        catch (JsonException e)
        {
            reading.Errors.Invalid(JsonPath.OfSyntaxFault(text, JsonText.Options), JsonText.SyntaxFault(e));
        }
    }

    private void ReadRequest()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.StartObject)
            ReadMembers();
        else
            _reading.SkipInvalid(ref _json, JsonPath.Root, "must be an object.");

        if (_reading.Stop)
            return;
        // Whatever stands behind the object makes the reader throw.
        _json.Read();
        if (_candidatesWait)
            new CandidateRows(_reading).Read(ref _candidates);
        if (_columnsWait && !_reading.Stop)
            new CandidateColumns(_reading).Read(ref _columns);
    }

    private void ReadMembers()
    {
        var seen = 0;
        var others = new HashSet<string>(StringComparer.Ordinal);
        while (!_reading.Stop && _json.Read() && _json.TokenType == JsonTokenType.PropertyName)
        {
            var member = FindMember();
            var name = member == RankMember.Other || (seen & (1 << (int)member)) != 0 ? _json.GetString()! : "";
            _json.Read();
            if (member != RankMember.Other ? (seen & (1 << (int)member)) != 0 : !others.Add(name))
                _reading.SkipRepeated(ref _json, JsonPath.Member(JsonPath.Root, name));
            else if (member == RankMember.Other)
                _reading.SkipUnknown(ref _json, JsonPath.Member(JsonPath.Root, name), inBundle: false);
            else if (_json.TokenType != JsonTokenType.Null)
                ReadMember(member);
            seen |= member == RankMember.Other ? 0 : 1 << (int)member;
        }
    }

    private readonly RankMember FindMember()
    {
        for (var i = 0; i < RankMembers.Names.Length; i++)
        {
            if (_json.ValueTextEquals(RankMembers.Names[i]))
                return (RankMember)i;
        }

        return RankMember.Other;
    }

    private void ReadMember(RankMember member)
    {
        var call = _reading.Call;
        switch (member)
        {
            case RankMember.RequestId:
                call.RequestId = Checked("$.requestId", JsonText.TryReadId(ref _json, out var requestId), requestId);
                break;
            case RankMember.UserId:
                call.UserId = Checked("$.userId", JsonText.TryReadId(ref _json, out var userId), userId);
                break;
            case RankMember.Timestamp:
                call.Timestamp = Checked("$.timestamp", JsonText.TryReadTimestamp(ref _json, out var timestamp), timestamp);
                break;
            case RankMember.Context:
                new FeatureObject(_reading, _reading.Names.Context).Read(ref _json, () => "$.context", call.Inputs.Context);
                break;
            case RankMember.UserFeatures:
                new FeatureObject(_reading, _reading.Names.User).Read(ref _json, () => "$.userFeatures", call.Inputs.User);
                break;
            case RankMember.Tasks:
                ReadTasks();
                break;
            case RankMember.Candidates:
                _hasCandidates = true;
                if (_hasColumns)
                    _reading.SkipInvalid(ref _json, "$.candidates", "must not stand beside columns: send one of them.");
                else if (_candidatesWait = TasksMayFollow())
                    Postpone(out _candidates);
                else
                    new CandidateRows(_reading).Read(ref _json);
                break;
            case RankMember.Columns:
                _hasColumns = true;
                if (_hasCandidates)
                    _reading.SkipInvalid(ref _json, "$.columns", "must not stand beside candidates: send one of them.");
                else if (_columnsWait = TasksMayFollow())
                    Postpone(out _columns);
                else
                    new CandidateColumns(_reading).Read(ref _json);
                break;
            case RankMember.Limit:
                ReadLimit();
                break;
            case RankMember.Explain:
                call.Explain = ReadFlag("$.explain");
                break;
            case RankMember.Strict:
                _strict = ReadFlag("$.strict");
                break;
        }
    }

    /// <summary>Whether <c>tasks</c> may still come, so that the scores' order is not known yet.</summary>
    private readonly bool TasksMayFollow()
    {
        if (_reading.Tasks is not null)
            return false;
        // The name may be escaped. Both searches together cost far less than reading the candidates twice.
        var rest = _text[(int)_json.TokenStartIndex..];
        return rest.IndexOf("\"tasks\""u8) >= 0 || rest.Contains((byte)'\\');
    }

    private void Postpone(out Utf8JsonReader bookmark)
    {
        bookmark = _json;
        _json.Skip();
    }

    private T Checked<T>(string path, string? fault, T value)
    {
        if (fault is not null)
            _reading.SkipInvalid(ref _json, path, fault);
        return value;
    }

    private void ReadLimit()
    {
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetInt32(out var limit) && limit >= 1)
            _reading.Call.Limit = limit;
        else
            _reading.SkipInvalid(ref _json, "$.limit", "must be a whole number from 1 on.");
    }

    private bool ReadFlag(string path)
    {
        if (_json.TokenType is JsonTokenType.True or JsonTokenType.False)
            return _json.TokenType == JsonTokenType.True;
        _reading.SkipInvalid(ref _json, path, "must be true or false.");
        return false;
    }

    private void ReadTasks()
    {
        if (_json.TokenType != JsonTokenType.StartArray)
        {
            _reading.SkipInvalid(ref _json, TasksPath, "must be an array of task names.");
            return;
        }

        var tasks = new List<int>();
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            ReadTask(tasks);
            if (_reading.Stop)
                return;
        }

        if (tasks.Count == 0)
            _reading.Errors.Invalid(TasksPath, "must name at least one task; leave it out to give scores in the bundle's order.");
        _reading.Tasks = [.. tasks];
    }

    private void ReadTask(List<int> before)
    {
        if (_json.TokenType == JsonTokenType.String)
        {
            _reading.AddTask(before, _reading.Names.FindTask(ref _json));
            return;
        }

        _reading.SkipInvalid(ref _json, JsonPath.Element(TasksPath, before.Count), "must be a task's name.");
        before.Add(RankReading.UnknownTask);
    }

    private readonly void CheckWhole(bool bundleScoresTasks)
    {
        if (!_hasCandidates && !_hasColumns && !_reading.Errors.Has(JsonPath.Root))
            _reading.Errors.Invalid("$.candidates", "is needed, or columns in its place.");
        _reading.CheckWhole(_hasCandidates ? "$.candidates[0].scores" : ColumnPaths.Scores, _strict, bundleScoresTasks);
    }
}
