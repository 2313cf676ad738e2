using System.Text.Json;
using MTRec.Serving.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>Reads <c>columns</c>: one array a task and a feature, in the order of <c>itemIds</c>. The fast form of <see cref="CandidateRows"/>.</summary>
internal sealed class CandidateColumns(RankReading reading)
{
    private const string Path = ColumnPaths.All;
    private const string IdsPath = ColumnPaths.ItemIds;
    private const string ScoresPath = ColumnPaths.Scores;
    private const string FeaturesPath = ColumnPaths.Features;

    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _columnNames = new(StringComparer.Ordinal);

    /// <summary>Reads the current value.</summary>
    public void Read(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            reading.SkipInvalid(ref json, Path, "must be an object.");
            return;
        }

        // Columns that come before the ids wait for them: the ids say how many candidates there are.
        bool idsSeen = false, scoresSeen = false, featuresSeen = false, scoresWait = false, featuresWait = false;
        Utf8JsonReader scores = default, features = default;
        while (!reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("itemIds"u8))
            {
                json.Read();
                if (idsSeen)
                    reading.SkipRepeated(ref json, IdsPath);
                else
                    ReadIds(ref json);
                idsSeen = true;
            }
            else if (json.ValueTextEquals("scores"u8))
            {
                json.Read();
                if (scoresSeen)
                    reading.SkipRepeated(ref json, ScoresPath);
                else if (idsSeen)
                    ReadScores(ref json);
                else
                {
                    scoresWait = true;
                    scores = json;
                    json.Skip();
                }

                scoresSeen = true;
            }
            else if (json.ValueTextEquals("features"u8))
            {
                json.Read();
                if (featuresSeen)
                    reading.SkipRepeated(ref json, FeaturesPath);
                else if (idsSeen)
                    ReadFeatures(ref json);
                else
                {
                    featuresWait = true;
                    features = json;
                    json.Skip();
                }

                featuresSeen = true;
            }
            else
            {
                ReadOther(ref json);
            }
        }

        if (!idsSeen && !reading.Stop)
            reading.Errors.Invalid(IdsPath, "is needed.");
        if (scoresWait && idsSeen && !reading.Stop)
            ReadScores(ref scores);
        if (featuresWait && idsSeen && !reading.Stop)
            ReadFeatures(ref features);
    }

    private void ReadIds(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            reading.SkipInvalid(ref json, IdsPath, "must be an array of item ids.");
            return;
        }

        var candidate = 0;
        for (; json.Read() && json.TokenType != JsonTokenType.EndArray; candidate++)
        {
            if (!reading.TryAddCandidate(IdsPath))
                return;
            if (reading.ReadItemId(ref json, candidate) is { } fault)
                reading.Errors.Invalid(JsonPath.Element(IdsPath, candidate), fault);
            if (reading.Stop)
                return;
        }

        reading.Describe();
        if (candidate == 0)
            reading.Errors.Invalid(IdsPath, "must hold at least one candidate.");
    }

    private void ReadScores(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            reading.SkipInvalid(ref json, ScoresPath, "must be an object of one array a task.");
            return;
        }

        var given = new List<int>();
        _columnNames.Clear();
        while (!reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var task = reading.Names.FindTask(ref json);
            var name = task >= 0 ? reading.Names.Tasks[task].Name : json.GetString()!;
            var path = JsonPath.Member(ScoresPath, name);
            json.Read();
            if (!_columnNames.Add(name))
            {
                reading.SkipRepeated(ref json, path);
                continue;
            }

            if (!reading.CheckScoreColumn(task, path))
            {
                JsonText.SkipValue(ref json);
                continue;
            }

            ReadScoreColumn(ref json, task, path);
            given.Add(task);
        }

        if (!reading.Stop)
            reading.EndScoreColumns(given);
    }

    private void ReadScoreColumn(ref Utf8JsonReader json, int task, string path)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            reading.SkipInvalid(ref json, path, "must be an array of one number a candidate.");
            return;
        }

        var inputs = reading.Call.Inputs;
        var tasks = reading.Names.Tasks.Length;
        var candidate = 0;
        for (; json.Read() && json.TokenType != JsonTokenType.EndArray; candidate++)
        {
            if (candidate >= inputs.Count)
                JsonText.SkipValue(ref json);
            else if (reading.ReadScore(ref json, task, out var score) is { } fault)
                reading.Errors.Invalid(JsonPath.Element(path, candidate), fault);
            else
                inputs.Scores[(candidate * tasks) + task] = score;
        }

        reading.CheckLength(path, candidate);
    }

    private void ReadFeatures(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null)
            return;
        if (json.TokenType != JsonTokenType.StartObject)
        {
            reading.SkipInvalid(ref json, FeaturesPath, "must be an object of one array a feature.");
            return;
        }

        var names = reading.Names.Item;
        var next = 0;
        _columnNames.Clear();
        while (!reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var feature = names.Find(ref json, next);
            var name = feature >= 0 ? names.Definitions[feature].Name : json.GetString()!;
            var path = JsonPath.Member(FeaturesPath, name);
            json.Read();
            if (!_columnNames.Add(name))
            {
                reading.SkipRepeated(ref json, path);
            }
            else if (feature < 0)
            {
                reading.SkipUnknown(ref json, path, inBundle: true);
            }
            else
            {
                ReadFeatureColumn(ref json, feature, path);
                next = feature + 1;
            }
        }
    }

    private void ReadFeatureColumn(ref Utf8JsonReader json, int feature, string path)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            reading.SkipInvalid(ref json, path, "must be an array of one value a candidate.");
            return;
        }

        var call = reading.Call;
        var definition = reading.Names.Item.Definitions[feature];
        var candidate = 0;
        for (; json.Read() && json.TokenType != JsonTokenType.EndArray; candidate++)
        {
            if (candidate >= call.Count)
            {
                JsonText.SkipValue(ref json);
            }
            else if (FeatureValue.TryRead(ref json, definition, out var value) is { } fault)
            {
                reading.SkipInvalid(ref json, JsonPath.Element(path, candidate), fault);
            }
            else if (!float.IsNaN(value))
            {
                call.Inputs.Candidate(candidate)[1 + feature] = value;
                call.Described[candidate] = true;
            }
        }

        reading.CheckLength(path, candidate);
    }

    private void ReadOther(ref Utf8JsonReader json)
    {
        var name = json.GetString()!;
        var path = JsonPath.Member(Path, name);
        json.Read();
        if (_members.Add(name))
            reading.SkipUnknown(ref json, path, inBundle: false);
        else
            reading.SkipRepeated(ref json, path);
    }
}
