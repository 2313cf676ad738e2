using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using MTRec.Serving.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Reads rank requests as programs write them: no escapes, each known member once, ids before scores in <c>columns</c>, <c>tasks</c> before the scores.
/// Of these it reads exactly what <see cref="RankRequestReader"/> reads, several times as fast, since it knows what comes next instead of asking what a
/// token is. At anything else, and at every fault, it gives up: then the other reads the request from its start and says what is wrong.
/// </summary>
internal ref struct PlainRankReader
{
    // A nested object is read from its own start: one level less is left to it.
    private static readonly JsonReaderState Nested = new(new JsonReaderOptions { MaxDepth = JsonText.MaxDepth - 1 });
    private static readonly JsonReaderState NestedInCandidate = new(new JsonReaderOptions { MaxDepth = JsonText.MaxDepth - 3 });

    private readonly ReadOnlySpan<byte> _text;
    private readonly RankReading _reading;
    private readonly bool _hasControls;
    private int _at;
    private int _seen;
    private bool _strict;

    private PlainRankReader(ReadOnlySpan<byte> text, RankReading reading)
    {
        _text = text;
        _reading = reading;
        _hasControls = text.IndexOfAnyInRange((byte)0, (byte)0x1F) >= 0;
    }

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="reading">Receives the request.</param>
    /// <param name="bundleScoresTasks">Whether candidates may come without task scores.</param>
    /// <returns>Whether the request is read and without fault; otherwise what was received is void.</returns>
    public static bool TryRead(ReadOnlySpan<byte> text, RankReading reading, bool bundleScoresTasks)
    {
        if (text.Contains((byte)'\\'))
            return false;
        try
        {
            var reader = new PlainRankReader(text, reading);
            if (!reader.ReadRequest())
                return false;
            reading.CheckWhole(ColumnPaths.Scores, reader._strict, bundleScoresTasks);
            return !reading.Errors.Any;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool ReadRequest()
    {
        SkipSpace();
        if (!Take('{'))
            return false;
        do
        {
            if (!TakeName(out var name) || !ReadMember(name))
                return false;
            SkipSpace();
        }
        while (Take(','));
        if (!Take('}'))
            return false;
        SkipSpace();
        return _at == _text.Length && _reading.Call.Count > 0;
    }

    private bool ReadMember(ReadOnlySpan<byte> name)
    {
        var member = 0;
        while (member < RankMembers.Names.Length && !name.SequenceEqual(RankMembers.Names[member]))
            member++;
        if (member == RankMembers.Names.Length || (_seen & (1 << member)) != 0)
            return false;
        _seen |= 1 << member;

        var call = _reading.Call;
        switch ((RankMember)member)
        {
            case RankMember.RequestId:
                var hasRequestId = TakeId(out var requestId);
                call.RequestId = Encoding.UTF8.GetString(requestId);
                return hasRequestId;
            case RankMember.UserId:
                var hasUserId = TakeId(out var userId);
                call.UserId = Encoding.UTF8.GetString(userId);
                return hasUserId;
            case RankMember.Timestamp:
                return ReadTimestamp();
            case RankMember.Context:
                return ReadFeatures(new FeatureObject(_reading, _reading.Names.Context), call.Inputs.Context, Nested, out _);
            case RankMember.UserFeatures:
                return ReadFeatures(new FeatureObject(_reading, _reading.Names.User), call.Inputs.User, Nested, out _);
            case RankMember.Tasks:
                return call.Count == 0 && ReadTasks();
            case RankMember.Candidates:
                return call.Count == 0 && ReadCandidates();
            case RankMember.Columns:
                return call.Count == 0 && ReadColumns();
            case RankMember.Limit:
                return ReadLimit();
            case RankMember.Explain:
                var hasExplain = TakeFlag(out var explain);
                call.Explain = explain;
                return hasExplain;
            default:
                return TakeFlag(out _strict);
        }
    }

    private bool ReadTimestamp()
    {
        var start = _at;
        if (!TakeString(out _))
            return false;
        var json = JsonText.Read(_text[start.._at]);
        json.Read();
        var fault = JsonText.TryReadTimestamp(ref json, out var timestamp);
        _reading.Call.Timestamp = timestamp;
        return fault is null;
    }

    private bool ReadLimit()
    {
        const int MostDigits = 9;
        var limit = 0;
        var start = _at;
        for (; _at < _text.Length && _text[_at] - '0' is var digit && (uint)digit <= 9; _at++)
            limit = (limit * 10) + digit;
        _reading.Call.Limit = limit;
        return _at > start && _at - start <= MostDigits && _text[start] != '0' && _at < _text.Length && _text[_at] is not ((byte)'.' or (byte)'e' or (byte)'E');
    }

    private bool ReadTasks()
    {
        if (!Take('['))
            return false;
        var tasks = new List<int>();
        do
        {
            SkipSpace();
            if (!TakeString(out var name) || _reading.Names.FindTask(name) is var task && (task < 0 || tasks.Contains(task)))
                return false;
            tasks.Add(_reading.Names.FindTask(name));
            SkipSpace();
        }
        while (Take(','));
        _reading.Tasks = [.. tasks];
        return Take(']');
    }

    private bool ReadFeatures(FeatureObject features, scoped Span<float> values, JsonReaderState nested, out int given)
    {
        var json = new Utf8JsonReader(_text[_at..], isFinalBlock: false, nested);
        given = 0;
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return false;
        given = features.Read(ref json, static () => "", values);
        _at += (int)json.BytesConsumed;
        return json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == 0 && !_reading.Errors.Any;
    }

    private bool ReadCandidates()
    {
        if (!Take('['))
            return false;
        var order = _reading.Tasks ?? _reading.Names.TaskOrder;
        var item = new FeatureObject(_reading, _reading.Names.Item);
        Span<float> features = stackalloc float[Math.Min(_reading.Names.Item.Definitions.Count, 512)];
        if (features.Length < _reading.Names.Item.Definitions.Count)
            features = new float[_reading.Names.Item.Definitions.Count];
        do
        {
            SkipSpace();
            if (!_reading.TryAddCandidate("") || !ReadCandidate(_reading.Call.Count - 1, order, item, features))
                return false;
            SkipSpace();
        }
        while (Take(','));
        _reading.Describe();
        return Take(']');
    }

    private bool ReadCandidate(int candidate, int[] order, FeatureObject item, scoped Span<float> features)
    {
        var call = _reading.Call;
        var (hasId, hasScores, hasFeatures, given) = (false, false, false, 0);
        if (!Take('{'))
            return false;
        do
        {
            SkipSpace();
            if (TakeKnownName("\"itemId\""u8))
            {
                if (hasId || !TakeId(out var id) || _reading.TakeItemId(id, candidate) is not null)
                    return false;
                hasId = true;
            }
            else if (TakeKnownName("\"scores\""u8))
            {
                if (hasScores || !ReadScores(order, call.Inputs.ScoresOf(candidate)))
                    return false;
                hasScores = true;
            }
            else if (TakeKnownName("\"features\""u8))
            {
                features.Fill(float.NaN);
                if (hasFeatures || !ReadFeatures(item, features, NestedInCandidate, out given))
                    return false;
                hasFeatures = true;
            }
            else
            {
                return false;
            }

            SkipSpace();
        }
        while (Take(','));

        if (given > 0)
        {
            // The item's own row first, then what the caller says of it.
            _reading.Describe();
            call.Described[candidate] = true;
            WriteOver(call.Inputs.Candidate(candidate)[1..], features);
        }

        if (candidate == 0)
            call.HasScores = hasScores;
        return Take('}') && hasId && hasScores == call.HasScores;
    }

    private static void WriteOver(Span<float> row, ReadOnlySpan<float> given)
    {
        for (var i = 0; i < given.Length; i++)
        {
            if (!float.IsNaN(given[i]))
                row[i] = given[i];
        }
    }

    private bool ReadScores(int[] order, Span<float> row)
    {
        Span<float> given = stackalloc float[order.Length];
        if (!TakeNumbers(given, 1))
            return false;
        var tasks = _reading.Names.Tasks;
        for (var i = 0; i < order.Length; i++)
        {
            var task = order[i];
            if (!tasks[task].Allows(given[i]))
                return false;
            row[task] = given[i];
        }

        return true;
    }

    private bool ReadColumns()
    {
        var (hasScores, hasFeatures) = (false, false);
        if (!Take('{') || !TakeName(out var first) || !first.SequenceEqual("itemIds"u8) || !ReadIds())
            return false;
        SkipSpace();
        while (Take(','))
        {
            if (!TakeName(out var name))
                return false;
            var isScores = name.SequenceEqual("scores"u8);
            if (isScores ? hasScores || !ReadScoreColumns() : hasFeatures || !name.SequenceEqual("features"u8) || !ReadFeatureColumns())
                return false;
            hasScores |= isScores;
            hasFeatures |= !isScores;
            SkipSpace();
        }

        return Take('}');
    }

    private bool ReadIds()
    {
        if (!Take('['))
            return false;
        do
        {
            SkipSpace();
            var candidate = _reading.Call.Count;
            if (!TakeId(out var id) || !_reading.TryAddCandidate("") || _reading.TakeItemId(id, candidate) is not null)
                return false;
            SkipSpace();
        }
        while (Take(','));
        _reading.Describe();
        return Take(']');
    }

    private bool ReadScoreColumns()
    {
        if (!Take('{'))
            return false;
        var given = new List<int>(_reading.Names.Tasks.Length);
        do
        {
            if (!TakeName(out var name))
                return false;
            var task = _reading.Names.FindTask(name);
            if (!_reading.MayScore(task) || given.Contains(task) || !ReadScoreColumn(task))
                return false;
            given.Add(task);
            SkipSpace();
        }
        while (Take(','));
        _reading.EndScoreColumns(given);
        return Take('}');
    }

    private bool ReadScoreColumn(int task)
    {
        var definition = _reading.Names.Tasks[task];
        var (min, max) = (definition.Min, definition.Max);
        var tasks = _reading.Names.Tasks.Length;
        var scores = _reading.Call.Inputs.Scores[task..];
        if (!TakeNumbers(scores, tasks))
            return false;
        for (var at = 0; at < scores.Length; at += tasks)
        {
            if (!(scores[at] >= min && scores[at] <= max))
                return false;
        }

        return true;
    }

    private bool ReadFeatureColumns()
    {
        if (!Take('{'))
            return false;
        var names = _reading.Names.Item;
        Span<bool> given = stackalloc bool[Math.Min(names.Definitions.Count, 512)];
        var next = 0;
        do
        {
            if (!TakeName(out var name))
                return false;
            var feature = names.Find(name, next);
            if ((uint)feature >= (uint)given.Length || given[feature] || !ReadFeatureColumn(feature))
                return false;
            given[feature] = true;
            next = feature + 1;
            SkipSpace();
        }
        while (Take(','));
        return Take('}');
    }

    private bool ReadFeatureColumn(int feature)
    {
        var call = _reading.Call;
        var definition = _reading.Names.Item.Definitions[feature];
        var width = call.Inputs.Candidate(0).Length;
        var column = call.Inputs.Candidates[(1 + feature)..];
        if (!TakeNumbers(column, width))
            return false;
        for (var candidate = 0; candidate < call.Count; candidate++)
        {
            if (FeatureValue.TryNumber(definition, column[candidate * width], out _) is not null)
                return false;
            call.Described[candidate] = true;
        }

        return true;
    }

    private void SkipSpace()
    {
        if (_at < _text.Length && _text[_at] <= ' ')
            _at = AfterSpace(_at);
    }

    private readonly int AfterSpace(int at)
    {
        while (at < _text.Length && _text[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
            at++;
        return at;
    }

    private bool Take(char expected)
    {
        if (_at >= _text.Length || _text[_at] != expected)
            return false;
        _at++;
        return true;
    }

    // A member's name, its colon, and what space there is around.
    private bool TakeName(out ReadOnlySpan<byte> name)
    {
        SkipSpace();
        if (!TakeString(out name))
            return false;
        SkipSpace();
        if (!Take(':'))
            return false;
        SkipSpace();
        return true;
    }

    // The same, where the name in its quotes is the one expected; otherwise nothing is taken.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TakeKnownName(ReadOnlySpan<byte> quoted)
    {
        if (!_text[_at..].StartsWith(quoted))
            return false;
        var start = _at;
        _at += quoted.Length;
        SkipSpace();
        if (!Take(':'))
        {
            _at = start;
            return false;
        }

        SkipSpace();
        return true;
    }

    private bool TakeString(out ReadOnlySpan<byte> text)
    {
        text = [];
        if (!Take('"'))
            return false;
        var rest = _text[_at..];
        var length = rest.IndexOf((byte)'"');
        if (length < 0)
            return false;
        text = rest[..length];
        _at += length + 1;
        return !_hasControls || text.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0;
    }

    private bool TakeId(out ReadOnlySpan<byte> id) => TakeString(out id) && JsonText.IdFault(id) is null;

    // An array of numbers, one to every stride'th place.
    private bool TakeNumbers(scoped Span<float> numbers, int stride)
    {
        // In locals, which the loop keeps in registers.
        var text = _text;
        var at = _at;
        for (var i = 0; i < numbers.Length; i += stride)
        {
            if ((uint)at >= (uint)text.Length || text[at] != (i == 0 ? '[' : ','))
                return false;
            at++;
            if ((uint)at < (uint)text.Length && text[at] <= ' ')
                at = AfterSpace(at);
            if (!DecimalNumber.TryRead(text[at..], out var number, out var length))
                return false;
            numbers[i] = (float)number;
            at += length;
            if ((uint)at < (uint)text.Length && text[at] <= ' ')
                at = AfterSpace(at);
        }

        _at = at;
        return Take(']');
    }

    private bool TakeFlag(out bool flag)
    {
        flag = _text[_at..].StartsWith("true"u8);
        if (!flag && !_text[_at..].StartsWith("false"u8))
            return false;
        _at += flag ? 4 : 5;
        return true;
    }
}
