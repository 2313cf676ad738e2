using System.Globalization;
using MTRec.Data.KuaiRand;

namespace MTRec.Data.OpenBandit;

/// <summary>
/// Reads a log of the Open Bandit Dataset, CSV or CSV.GZ: a row an impression. Needed are <c>item_id</c>, <c>position</c>, <c>click</c> and
/// <c>propensity_score</c>; also read, where they exist: <c>timestamp</c>, <c>user_feature_0</c> to <c>3</c>, <c>user-item_affinity_*</c>.
/// </summary>
public static class OpenBanditFile
{
    private const int UserFeatures = 4;

    private static readonly string[] Needed = ["item_id", "position", "click", "propensity_score"];

    /// <summary>The rows that are kept, in the file's order.</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged or lacks a needed column.</exception>
    public static IReadOnlyList<OpenBanditRow> Read(string path, out OpenBanditReport report) => Read(CsvSource.Open(path, Needed), out report);

    /// <summary>As the other overload, from a stream, which is closed; <paramref name="name"/> stands in messages.</summary>
    /// <inheritdoc cref="Read(string, out OpenBanditReport)"/>
    public static IReadOnlyList<OpenBanditRow> Read(Stream stream, string name, out OpenBanditReport report) =>
        Read(CsvSource.Open(stream, name, Needed), out report);

    /// <summary>The number of items that a policy chooses from: the rows of an <c>item_context</c> file, whose ids are 0, 1, 2 ...</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged, lacks <c>item_id</c>, or its ids have gaps.</exception>
    public static int ReadItemCount(string path)
    {
        using var source = CsvSource.Open(path, "item_id");
        var column = source.Column("item_id");
        var items = new HashSet<long>();
        while (source.Read())
        {
            if (source.Whole(column, out var item) != CellState.Value || !items.Add(item))
                throw new DataFormatException($"{path}: row {source.Row} has the item '{source.Text(column)}', no whole number of its own.");
        }

        if (items.Count == 0 || items.Min() != 0 || items.Max() != items.Count - 1)
            throw new DataFormatException($"{path}: the {items.Count} items are not numbered from 0 without gaps.");
        return items.Count;
    }

    private static List<OpenBanditRow> Read(CsvSource source, out OpenBanditReport report)
    {
        using (source)
        {
            var time = source.Column("timestamp");
            var item = source.Column("item_id");
            var position = source.Column("position");
            var click = source.Column("click");
            var propensity = source.Column("propensity_score");
            var profile = Enumerable.Range(0, UserFeatures).Select(i => source.Column($"user_feature_{i}")).ToArray();
            var affinities = Affinities(source);

            report = new OpenBanditReport();
            var rows = new List<OpenBanditRow>();
            while (source.Read())
            {
                report.Read++;
                if (source.HasOtherWidth || source.HasBrokenQuotes)
                {
                    report.BrokenRows++;
                }
                else if (source.Whole(item, out var itemId) != CellState.Value || itemId is < 0 or > int.MaxValue)
                {
                    report.BadItems++;
                }
                else if (source.Whole(position, out var place) != CellState.Value || place is < 1 or > OpenBanditRow.Positions)
                {
                    report.BadPositions++;
                }
                else if (source.Whole(click, out var clicked) != CellState.Value || clicked is not (0 or 1))
                {
                    report.BadClicks++;
                }
                else
                {
                    rows.Add(new OpenBanditRow
                    {
                        Row = source.Row,
                        Time = Time(source, time, report),
                        Item = (int)itemId,
                        Position = (int)place,
                        Clicked = clicked == 1,
                        Propensity = Propensity(source, propensity, report),
                        Profile = string.Join('/', profile.Select(source.Text)),
                        Affinity = itemId < affinities.Count && source.Number(affinities[(int)itemId], out var affinity) == CellState.Value
                            ? (float)affinity
                            : float.NaN,
                    });
                }
            }

            return rows;
        }
    }

    private static List<int> Affinities(CsvSource source)
    {
        var columns = new List<int>();
        for (int column; (column = source.Column($"user-item_affinity_{columns.Count}")) >= 0;)
            columns.Add(column);
        return columns;
    }

    private static double Propensity(CsvSource source, int column, OpenBanditReport report)
    {
        if (source.Number(column, out var value) == CellState.Value)
            return value;
        report.MissingPropensities++;
        return double.NaN;
    }

    private static DateTimeOffset? Time(CsvSource source, int column, OpenBanditReport report)
    {
        var text = source.Text(column);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        if (text.Length > 0)
            report.BadTimes++;
        return null;
    }
}
