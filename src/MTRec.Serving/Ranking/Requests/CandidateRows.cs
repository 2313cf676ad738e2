using System.Text.Json;
using MTRec.Serving.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>Reads <c>candidates</c>: one object a candidate.</summary>
internal sealed class CandidateRows
{
    private const string Path = "$.candidates";

    private readonly RankReading _reading;
    private readonly FeatureObject _featureObject;
    private readonly float[] _features;
    private readonly int[] _columns;
    private readonly HashSet<string> _others = new(StringComparer.Ordinal);
    private readonly Func<string> _featuresPath;
    private int _candidate;
    private int _given;

    /// <summary>Prepares to read.</summary>
    public CandidateRows(RankReading reading)
    {
        _reading = reading;
        _featureObject = new FeatureObject(reading, reading.Names.Item);
        _features = new float[reading.Names.Item.Definitions.Count];
        _columns = reading.Tasks ?? reading.Names.TaskOrder;
        _featuresPath = () => Member("features");
    }

    /// <summary>Reads the current value.</summary>
    public void Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            _reading.SkipInvalid(ref json, Path, "must be an array of candidates.");
            return;
        }

        for (_candidate = 0; json.Read() && json.TokenType != JsonTokenType.EndArray; _candidate++)
        {
            if (!_reading.TryAddCandidate(Path))
                return;
            ReadCandidate(ref json);
            if (_reading.Stop)
                return;
        }

        if (_candidate == 0)
            _reading.Errors.Invalid(Path, "must hold at least one candidate.");
    }

    private void ReadCandidate(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            _reading.SkipInvalid(ref json, JsonPath.Element(Path, _candidate), "must be an object.");
            return;
        }

        _others.Clear();
        _features.AsSpan().Fill(float.NaN);
        _given = 0;
        bool idSeen = false, scoresSeen = false, hasScores = false, featuresSeen = false;
        while (!_reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("itemId"u8))
            {
                json.Read();
                ReadItemId(ref json, repeated: idSeen);
                idSeen = true;
            }
            else if (json.ValueTextEquals("scores"u8))
            {
                json.Read();
                hasScores = ReadScores(ref json, repeated: scoresSeen);
                scoresSeen = true;
            }
            else if (json.ValueTextEquals("features"u8))
            {
                json.Read();
                ReadFeatures(ref json, repeated: featuresSeen);
                featuresSeen = true;
            }
            else
            {
                ReadOther(ref json);
            }
        }

        if (_reading.Stop)
            return;
        if (!idSeen)
            _reading.Errors.Invalid(Member("itemId"), "is needed.");
        WriteFeatures();
        CheckPresence(hasScores);
    }

    private void ReadItemId(ref Utf8JsonReader json, bool repeated)
    {
        if (repeated)
            _reading.SkipRepeated(ref json, Member("itemId"));
        else if (_reading.ReadItemId(ref json, _candidate) is { } fault)
            _reading.Errors.Invalid(Member("itemId"), fault);
    }

    private bool ReadScores(ref Utf8JsonReader json, bool repeated)
    {
        if (repeated)
        {
            _reading.SkipRepeated(ref json, Member("scores"));
            return true;
        }

        if (json.TokenType == JsonTokenType.Null)
            return false;
        if (json.TokenType != JsonTokenType.StartArray)
        {
            _reading.SkipInvalid(ref json, Member("scores"), "must be an array of one number a task.");
            return true;
        }

        var row = _reading.Call.Inputs.ScoresOf(_candidate);
        var count = 0;
        for (; json.Read() && json.TokenType != JsonTokenType.EndArray; count++)
        {
            // A name of tasks that is not known was noted where it stands: its scores have no range to be checked against.
            if (count >= _columns.Length || _columns[count] < 0)
                JsonText.SkipValue(ref json);
            else if (_reading.ReadScore(ref json, _columns[count], out var score) is { } fault)
                _reading.Errors.Invalid(JsonPath.Element(Member("scores"), count), fault);
            else
                row[_columns[count]] = score;
        }

        if (count != _columns.Length)
            _reading.Errors.Invalid(Member("scores"), $"must hold {_columns.Length} numbers, one a task, not {count}.");
        return true;
    }

    private void ReadFeatures(ref Utf8JsonReader json, bool repeated)
    {
        if (repeated)
            _reading.SkipRepeated(ref json, Member("features"));
        else if (json.TokenType != JsonTokenType.Null)
            _given = _featureObject.Read(ref json, _featuresPath, _features);
    }

    private void ReadOther(ref Utf8JsonReader json)
    {
        var name = json.GetString()!;
        var path = JsonPath.Member(JsonPath.Element(Path, _candidate), name);
        json.Read();
        if (_others.Add(name))
            _reading.SkipUnknown(ref json, path, inBundle: false);
        else
            _reading.SkipRepeated(ref json, path);
    }

    // The item's own row first, then what the caller says of it: so the order of members does not matter.
    private void WriteFeatures()
    {
        var call = _reading.Call;
        var row = call.Inputs.Candidate(_candidate);
        _reading.Describe();
        if (_given == 0)
            return;
        call.Described[_candidate] = true;
        for (var i = 0; i < _features.Length; i++)
        {
            if (!float.IsNaN(_features[i]))
                row[1 + i] = _features[i];
        }
    }

    private void CheckPresence(bool hasScores)
    {
        if (_candidate == 0)
            _reading.Call.HasScores = hasScores;
        else if (hasScores != _reading.Call.HasScores)
            _reading.Errors.Invalid(Member("scores"), "must be given for all candidates or for none; the first candidate says which.");
    }

    private string Member(string name) => $"{Path}[{_candidate}].{name}";
}
