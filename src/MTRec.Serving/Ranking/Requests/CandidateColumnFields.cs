using Google.Protobuf;
using MTRec.Serving.Features;
using MTRec.Serving.Http;
using MTRec.Serving.Protobuf;
using MTRec.V1;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>Reads the columns of scores and features of a protobuf request once its candidates are known: <see cref="CandidateColumns"/> for mtrec.proto.</summary>
internal readonly ref struct CandidateColumnFields(RankReading reading)
{
    private readonly List<int> _scored = [];
    private readonly List<int> _featured = [];

    /// <summary>Reads the columns of <paramref name="request"/>.</summary>
    /// <param name="request">Stands before its first field.</param>
    /// <exception cref="MalformedMessageException">A column is malformed.</exception>
    public void Read(WireReader request)
    {
        while (!reading.Stop && request.ReadField())
        {
            if (request is { Field: RankRequest.ColumnsFieldNumber, Type: WireFormat.WireType.LengthDelimited })
                ReadColumns(request.ReadMessage());
            else
                request.Skip();
        }

        if (!reading.Stop && _scored.Count > 0)
            reading.EndScoreColumns(_scored);
    }

    private void ReadColumns(WireReader columns)
    {
        while (!reading.Stop && columns.ReadField())
        {
            switch (columns.Field)
            {
                case Columns.ItemIdsFieldNumber:
                    columns.Skip();
                    break;
                case Columns.ScoresFieldNumber when reading.Expect(ref columns, WireFormat.WireType.LengthDelimited, ColumnPaths.Scores):
                    ReadScores(columns.ReadMessage());
                    break;
                case Columns.FeaturesFieldNumber when reading.Expect(ref columns, WireFormat.WireType.LengthDelimited, ColumnPaths.Features):
                    ReadFeatures(columns.ReadMessage());
                    break;
                case > Columns.FeaturesFieldNumber:
                    reading.SkipUnknown(ref columns, ColumnPaths.All);
                    break;
            }
        }
    }

    private void ReadScores(WireReader column)
    {
        var name = NameOf(column, ScoreColumn.TaskFieldNumber, ColumnPaths.Scores);
        var task = reading.Names.FindTask(name);
        if (_scored.Contains(task))
            reading.Errors.Invalid(ScoresPath(task), MessageReading.StandsTwice);
        else if (reading.MayScore(task) || reading.CheckScoreColumn(task, JsonPath.Member(ColumnPaths.Scores, WireReader.TextOf(name, column.Position))))
            ReadScores(column, task);
    }

    private void ReadScores(WireReader column, int task)
    {
        _scored.Add(task);
        var count = 0;
        while (column.ReadField())
        {
            switch (column.Field)
            {
                case ScoreColumn.TaskFieldNumber:
                    column.Skip();
                    break;
                case ScoreColumn.ValuesFieldNumber when ExpectFloats(ref column, ColumnPaths.Scores):
                    count += WriteScores(column.ReadFloats(), task, count);
                    break;
                case > ScoreColumn.ValuesFieldNumber:
                    reading.SkipUnknown(ref column, ColumnPaths.Scores);
                    break;
            }
        }

        if (count != reading.Call.Count)
            reading.CheckLength(ScoresPath(task), count);
    }

    // Returns the number of values; those beyond the last candidate are counted and left.
    private int WriteScores(ReadOnlySpan<float> values, int task, int first)
    {
        var definition = reading.Names.Tasks[task];
        var (min, max) = (definition.Min, definition.Max);
        var tasks = reading.Names.Tasks.Length;
        var scores = reading.Call.Inputs.Scores;
        var valid = true;
        // Written whether allowed or not, as a request with a fault is void: there is no branch then that depends on a score.
        for (int i = 0, at = (Math.Min(first, reading.Call.Count) * tasks) + task; i < values.Length && (uint)at < (uint)scores.Length; i++, at += tasks)
        {
            var score = values[i];
            valid &= (score >= min) & (score <= max);
            scores[at] = score;
        }

        if (!valid)
            FindFaults(values, task, first);
        return values.Length;
    }

    private void FindFaults(ReadOnlySpan<float> values, int task, int first)
    {
        for (var i = 0; i < values.Length && first + i < reading.Call.Count && !reading.Stop; i++)
        {
            if (!reading.Names.Tasks[task].Allows(values[i]))
                reading.Errors.Invalid(JsonPath.Element(ScoresPath(task), first + i), reading.ScoreFault(task));
        }
    }

    private void ReadFeatures(WireReader column)
    {
        var name = NameOf(column, FeatureColumn.NameFieldNumber, ColumnPaths.Features);
        var feature = reading.Names.Item.Find(name, _featured.Count);
        if (feature < 0)
        {
            reading.NoteUnknownName(ColumnPaths.Features, name, column.Position);
        }
        else if (_featured.Contains(feature))
        {
            reading.Errors.Invalid(FeaturesPath(feature), MessageReading.StandsTwice);
        }
        else
        {
            _featured.Add(feature);
            // Names go over numbers, whichever come first.
            var numbers = ReadNumbers(column, feature);
            var names = ReadNames(column, feature);
            if (numbers != reading.Call.Count && (numbers > 0 || names == 0))
                reading.CheckLength(FeaturesPath(feature), numbers);
            if (names != reading.Call.Count && names > 0)
                reading.CheckLength(FeaturesPath(feature), names);
        }
    }

    private int ReadNumbers(WireReader column, int feature)
    {
        var count = 0;
        while (column.ReadField())
        {
            switch (column.Field)
            {
                case FeatureColumn.NameFieldNumber or FeatureColumn.CategoriesFieldNumber:
                    column.Skip();
                    break;
                case FeatureColumn.NumbersFieldNumber when ExpectFloats(ref column, ColumnPaths.Features):
                    foreach (var number in column.ReadFloats())
                    {
                        if (count < reading.Call.Count && !float.IsNaN(number))
                            Write(count, feature, FeatureValue.TryNumber(reading.Names.Item.Definitions[feature], number, out var value), value);
                        count++;
                    }

                    break;
                case > FeatureColumn.CategoriesFieldNumber:
                    reading.SkipUnknown(ref column, ColumnPaths.Features);
                    break;
            }
        }

        return count;
    }

    private int ReadNames(WireReader column, int feature)
    {
        var count = 0;
        while (column.ReadField())
        {
            if (column.Field != FeatureColumn.CategoriesFieldNumber)
            {
                column.Skip();
                continue;
            }

            if (!reading.Expect(ref column, WireFormat.WireType.LengthDelimited, ColumnPaths.Features))
                continue;
            var name = column.ReadText();
            if (count < reading.Call.Count && name.Length > 0)
                Write(count, feature, FeatureValue.TryName(reading.Names.Item.Definitions[feature], name, out var value), value);
            count++;
        }

        return count;
    }

    private void Write(int candidate, int feature, string? fault, float value)
    {
        if (fault is null)
        {
            reading.Call.Inputs.Candidate(candidate)[1 + feature] = value;
            reading.Call.Described[candidate] = true;
        }
        else if (!reading.Stop)
        {
            reading.Errors.Invalid(JsonPath.Element(FeaturesPath(feature), candidate), fault);
        }
    }

    // The name may stand behind the values; of several the last holds.
    private ReadOnlySpan<byte> NameOf(WireReader column, int field, string path)
    {
        ReadOnlySpan<byte> name = [];
        while (column.ReadField())
        {
            if (column.Field != field)
                column.Skip();
            else if (reading.Expect(ref column, WireFormat.WireType.LengthDelimited, path))
                name = column.ReadBytes();
        }

        return name;
    }

    private bool ExpectFloats(ref WireReader column, string path) =>
        column.Type == WireFormat.WireType.Fixed32 || reading.Expect(ref column, WireFormat.WireType.LengthDelimited, path);

    private string ScoresPath(int task) => JsonPath.Member(ColumnPaths.Scores, reading.Names.Tasks[task].Name);

    private string FeaturesPath(int feature) => JsonPath.Member(ColumnPaths.Features, reading.Names.Item.Definitions[feature].Name);
}
