using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using CsvHelper;

namespace MTRec.Data.KuaiRand;

/// <summary>What a cell holds.</summary>
internal enum CellState
{
    /// <summary>Nothing: the column is absent, the cell empty or NaN.</summary>
    Missing,

    /// <summary>A value.</summary>
    Value,

    /// <summary>Something that is no value of the kind asked for.</summary>
    Bad,
}

/// <summary>
/// A CSV file with a header, plain or gzip (told by its first bytes, not by its name), UTF-8 or with a byte order mark, read row by row.
/// A line break always ends the row, so that one stray quote cannot swallow the rows after it; blank lines are no rows.
/// </summary>
internal sealed class CsvSource : IDisposable
{
    // Far above any row of these files, far below what a file without line breaks would take.
    private const int MaxRowBytes = 1 << 20;

    private static readonly HashSet<string> UnknownTexts = new(["UNKNOWN", "NaN"], StringComparer.OrdinalIgnoreCase);

    private readonly string _name;
    private readonly CsvReader _csv;
    private readonly Dictionary<string, string> _wholeIds = new(StringComparer.Ordinal);
    private long _brokenQuotesRecord;

    private CsvSource(Stream stream, string name)
    {
        _name = name;
        _csv = CsvReader.Create(stream, new CsvReaderOptions
        {
            Separator = ',',
            AllowLineBreaksInQuotes = false,
            MaxRecordSize = MaxRowBytes,
            TrimWhitespace = true,
            PoolStrings = true,
            OnMalformedRecord = record => _brokenQuotesRecord = record.RecordNumber,
        });
    }

    /// <summary>The 1-based number of the current row; the header is not counted.</summary>
    public long Row => _csv.RowNumber;

    /// <summary>Whether the current row has another number of cells than the header.</summary>
    public bool HasOtherWidth => _csv.FieldCount != _csv.Headers.Count;

    /// <summary>Whether the quotes of the current row do not match. The header is record 1.</summary>
    public bool HasBrokenQuotes => _brokenQuotesRecord == _csv.RowNumber + 1;

    /// <summary>Opens a file.</summary>
    /// <exception cref="DataFormatException">The file has no header or lacks a required column.</exception>
    public static CsvSource Open(string path, params ReadOnlySpan<string> required) =>
        Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan), path, required);

    /// <summary>Opens a stream, which is closed with the source; <paramref name="name"/> stands in messages.</summary>
    public static CsvSource Open(Stream stream, string name, params ReadOnlySpan<string> required)
    {
        CsvSource? source = null;
        try
        {
            source = new CsvSource(Unpacked(stream), name);
            source.CheckHeader(required);
            return source;
        }
        catch
        {
            source?.Dispose();
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Moves to the next row.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="DataFormatException">The file is damaged or cut off here.</exception>
    public bool Read() => Guard(_csv.Read);

    /// <summary>The column of that name, -1 where the file has none.</summary>
    public int Column(string name) => _csv.TryGetFieldIndex(name, out var index) ? index : -1;

    /// <summary>The text of a cell; empty where it is missing.</summary>
    public string Text(int column) => column < 0 ? "" : _csv.GetString(column);

    /// <summary>
    /// An id; empty where it is missing. <c>7.0</c> is the id 7: a tool that keeps ids with gaps as floats wrote it, and no id of
    /// KuaiRand has a fraction.
    /// </summary>
    public string Id(int column)
    {
        var text = Text(column);
        if (!text.EndsWith(".0", StringComparison.Ordinal) || text.AsSpan(0, text.Length - 2).ContainsAnyExceptInRange('0', '9'))
            return text.Equals("NaN", StringComparison.OrdinalIgnoreCase) ? "" : text;
        if (!_wholeIds.TryGetValue(text, out var id))
            _wholeIds.Add(text, id = text[..^2]);
        return id;
    }

    /// <summary>A number, whole or not; thousands separators, infinities and hexadecimals are none.</summary>
    public CellState Number(int column, out double value)
    {
        value = 0;
        if (column < 0)
            return CellState.Missing;
        var cell = _csv.GetSpan(column);
        if (cell.IsEmpty)
            return CellState.Missing;
        if (!Utf8Parser.TryParse(cell, out value, out var used) || used != cell.Length || double.IsInfinity(value))
            return CellState.Bad;
        return double.IsNaN(value) ? CellState.Missing : CellState.Value;
    }

    /// <summary>
    /// A whole number of at most 2^53, also as <c>1.0</c> or <c>1e3</c>, as tools write that turn integers with gaps into floats.
    /// </summary>
    public CellState Whole(int column, out long value)
    {
        value = 0;
        if (column < 0)
            return CellState.Missing;
        var cell = _csv.GetSpan(column);
        if (!Utf8Parser.TryParse(cell, out value, out var used) || used != cell.Length)
        {
            var state = Number(column, out var number);
            if (state != CellState.Value)
                return state;
            if (number != Math.Floor(number) || Math.Abs(number) > 1L << 53)
                return CellState.Bad;
            value = (long)number;
        }

        return value is < -(1L << 53) or > 1L << 53 ? CellState.Bad : CellState.Value;
    }

    /// <summary>
    /// A category's text: whole numbers without their fraction (<c>9.0</c> is <c>9</c>); empty where it is missing, <c>UNKNOWN</c> or
    /// negative, as KuaiRand's -124 is.
    /// </summary>
    public string Category(int column)
    {
        if (Whole(column, out var code) == CellState.Value)
            return code < 0 ? "" : code.ToString(CultureInfo.InvariantCulture);
        var text = Text(column);
        return UnknownTexts.Contains(text) ? "" : text;
    }

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();

    private void CheckHeader(ReadOnlySpan<string> required)
    {
        var headers = Guard(() => _csv.Headers);
        if (headers.Count == 0)
            throw new DataFormatException($"{_name}: the file is empty; a header line was expected.");
        foreach (var name in required)
        {
            if (!_csv.TryGetFieldIndex(name, out _))
                throw new DataFormatException($"{_name}: the column '{name}' is missing; the header has {string.Join(", ", headers)}.");
            if (_csv.TryGetFieldIndex(name, 1, out _))
                throw new DataFormatException($"{_name}: the header names the column '{name}' twice.");
        }
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException e)
        {
            throw new DataFormatException($"{_name}: the gzip data are damaged or cut off after row {_csv.RowNumber}: {e.Message}", e);
        }
        catch (CsvFormatException e)
        {
            throw new DataFormatException($"{_name}: unreadable after row {_csv.RowNumber}: {e.Message}", e);
        }
    }

    private static Stream Unpacked(Stream stream)
    {
        Span<byte> start = stackalloc byte[2];
        int length;
        if (stream.CanSeek)
        {
            var position = stream.Position;
            length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            stream.Position = position;
        }
        else
        {
            // A pipe (a shell's <(...)) cannot go back; a PipeReader can look ahead.
            var pipe = PipeReader.Create(stream);
            var ahead = pipe.ReadAtLeastAsync(start.Length).AsTask().GetAwaiter().GetResult().Buffer;
            length = (int)Math.Min(start.Length, ahead.Length);
            System.Buffers.BuffersExtensions.CopyTo(ahead.Slice(0, length), start);
            pipe.AdvanceTo(ahead.Start);
            stream = pipe.AsStream();
        }

        return length == 2 && start[0] == 0x1f && start[1] == 0x8b ? new WholeGzipStream(stream) : stream;
    }
}
