using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace MTRec.Data.Logs;

/// <summary>How many rows of a log had which flaw and what became of them. Every row read is either kept or dropped.</summary>
public sealed class LogReport
{
    private const int Examples = 5;

    private static readonly RowFlaws[] Kinds = [.. Enum.GetValues<RowFlaws>().Where(flaw => BitOperations.IsPow2((int)flaw))];
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly long[] _counts = new long[Kinds.Length];
    private readonly List<long>[] _examples = [.. Kinds.Select(_ => new List<long>())];

    /// <summary>Rows read.</summary>
    public long Read { get; private set; }

    /// <summary>Rows dropped; a row with several flaws once.</summary>
    public long Dropped { get; private set; }

    /// <summary>Rows kept.</summary>
    public long Kept => Read - Dropped;

    /// <summary>Rows with a flaw. A row with several flaws counts under each of them.</summary>
    /// <param name="flaw">One flaw, no combination.</param>
    public long Count(RowFlaws flaw) => _counts[Array.IndexOf(Kinds, flaw)];

    /// <summary>Counts one row, kept or dropped by the flaws it has.</summary>
    internal void Add(long row, RowFlaws flaws)
    {
        Read++;
        if ((flaws & RowFlaws.Dropped) != 0)
            Dropped++;
        for (var kind = 0; flaws != RowFlaws.None && kind < Kinds.Length; kind++)
        {
            if ((flaws & Kinds[kind]) == 0)
                continue;
            _counts[kind]++;
            if (_examples[kind].Count < Examples)
                _examples[kind].Add(row);
        }
    }

    /// <summary>
    /// The report as JSON: <c>read</c>, <c>kept</c>, <c>dropped</c>, and by flaw its <c>rows</c>, <c>dropped</c> (whether such rows are)
    /// and <c>firstRows</c>.
    /// </summary>
    public string ToJson() => JsonSerializer.Serialize(
        new
        {
            Read,
            Kept,
            Dropped,
            Flaws = Kinds.Select((flaw, kind) => (flaw, kind)).ToDictionary(
                pair => JsonNamingPolicy.CamelCase.ConvertName(pair.flaw.ToString()),
                pair => new { Rows = _counts[pair.kind], Dropped = IsDropped(pair.flaw), FirstRows = _examples[pair.kind] }),
        },
        Json);

    /// <summary>
    /// The report as a table of text: the flaws that occurred, their rows, their share, what became of them and where the first are.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{"rows read",-22}{Read,12}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{"rows kept",-22}{Kept,12}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{"rows dropped",-22}{Dropped,12}");
        for (var kind = 0; kind < Kinds.Length; kind++)
        {
            if (_counts[kind] == 0)
                continue;
            var share = 100.0 * _counts[kind] / Read;
            var fate = IsDropped(Kinds[kind]) ? "dropped" : "kept";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"  {Kinds[kind],-20}{_counts[kind],12}{share,9:0.000} %  {fate,-8} first in row {string.Join(", ", _examples[kind])}");
        }

        return text.ToString();
    }

    private static bool IsDropped(RowFlaws flaw) => (flaw & RowFlaws.Dropped) != 0;
}
