namespace MTRec.Data.KuaiRand;

/// <summary>Walks a file with one row an id: drops rows that are broken or repeat an id, counts what it finds.</summary>
internal sealed class FeatureFile : IDisposable
{
    private readonly CsvSource _source;
    private readonly int _id;
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public FeatureFile(CsvSource source, string idColumn)
    {
        _source = source;
        _id = source.Column(idColumn);
    }

    public FeatureFileReport Report { get; } = new();

    /// <summary>The current row's id.</summary>
    public string Id { get; private set; } = "";

    /// <summary>Moves to the next row that is kept.</summary>
    public bool Read()
    {
        while (_source.Read())
        {
            Report.Read++;
            Id = _source.Id(_id);
            if (_source.HasOtherWidth || _source.HasBrokenQuotes)
                Report.BrokenRows++;
            else if (Id.Length == 0)
                Report.MissingIds++;
            else if (!_seen.Add(Id))
                Report.RepeatedIds++;
            else
                return true;
        }

        return false;
    }

    /// <summary>Reads all rows and closes the source.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="idColumn">The column that tells them apart.</param>
    /// <param name="rowReader">Looks up the columns and returns what makes a record of the current row.</param>
    /// <param name="report">What was found.</param>
    public static List<T> ReadAll<T>(CsvSource source, string idColumn, Func<FeatureFile, Func<T>> rowReader, out FeatureFileReport report)
    {
        using var file = new FeatureFile(source, idColumn);
        var read = rowReader(file);
        var rows = new List<T>();
        while (file.Read())
            rows.Add(read());
        report = file.Report;
        return rows;
    }

    public int Column(string name) => _source.Column(name);

    public string Text(int column) => _source.Text(column);

    public string Category(int column) => _source.Category(column);

    /// <summary>A quantity of at least 0; NaN where it is missing or no number. Negative codes such as -124 mean missing.</summary>
    public float Quantity(int column)
    {
        var state = _source.Number(column, out var value);
        if (state == CellState.Bad)
            Report.BadCells++;
        return state == CellState.Value && value >= 0 ? (float)value : float.NaN;
    }

    public void Dispose() => _source.Dispose();
}
