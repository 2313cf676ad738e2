using System.Collections.Immutable;
using System.Runtime.InteropServices;
using MTRec.Core.Sessions;

namespace MTRec.Data.Logs;

/// <summary>
/// Makes an <see cref="ImpressionLog"/> of rows: drops impossible ones and all but the first of those with the same user, item and time,
/// restores the order of time within each user (equal times keep the order of the input), and counts every flaw.
/// </summary>
public sealed class LogCleaner
{
    private readonly IdTable _users = new();
    private readonly IdTable _items = new();
    private readonly List<Kept> _rows = [];
    private readonly Dictionary<(int User, int Item, long Time), int> _first = [];
    private readonly List<long> _lastTime = [];

    /// <summary>What was found so far.</summary>
    public LogReport Report { get; } = new();

    /// <summary>Cleans the rows of one file.</summary>
    public static ImpressionLog Clean(IEnumerable<Impression> rows, out LogReport report)
    {
        var cleaner = new LogCleaner();
        foreach (var row in rows)
            cleaner.Add(row);
        report = cleaner.Report;
        return cleaner.ToLog();
    }

    /// <summary>Takes one row. Rows of several files may follow each other.</summary>
    public void Add(in Impression row) => Report.Add(row.Row, row.Flaws | Take(row));

    /// <summary>The rows kept, in their canonical form. Call it once, after the last row.</summary>
    public ImpressionLog ToLog()
    {
        var rows = _rows.OrderBy(row => row.User).ThenBy(row => row.Time).ToArray();
        return new ImpressionLog
        {
            Users = _users,
            Items = _items,
            Row = Column(row => row.Row),
            User = Column(row => row.User),
            Item = Column(row => row.Item),
            TimestampMs = Column(row => row.Time),
            Actions = Column(row => row.Actions),
            Recorded = Column(row => row.Recorded),
            WatchSeconds = Column(row => row.Watch),
            DurationSeconds = Column(row => row.Duration),
            Tab = Column(row => row.Tab),
            Hour = Column(row => row.Hour),
            Day = Column(row => row.Day),
        };

        ImmutableArray<T> Column<T>(Func<Kept, T> value) =>
            ImmutableCollectionsMarshal.AsImmutableArray(Array.ConvertAll(rows, row => value(row)));
    }

    /// <summary>Keeps the row unless it is flawed.</summary>
    /// <returns>The flaws that it has beside the other rows.</returns>
    private RowFlaws Take(in Impression row)
    {
        if ((row.Flaws & RowFlaws.Dropped) != 0)
            return RowFlaws.None;
        var kept = new Kept(
            row.Row,
            _users.Add(row.UserId),
            _items.Add(row.ItemId),
            row.TimestampMs,
            row.Actions,
            row.Recorded,
            row.WatchSeconds,
            row.DurationSeconds,
            row.Tab ?? ImpressionLog.Missing,
            row.Hour ?? ImpressionLog.Missing,
            row.Date!.Value.DayNumber);
        if (!_first.TryAdd((kept.User, kept.Item, kept.Time), _rows.Count))
        {
            var first = _rows[_first[(kept.User, kept.Item, kept.Time)]];
            return kept.HasResponseOf(first) ? RowFlaws.Duplicate : RowFlaws.ConflictingDuplicate;
        }

        _rows.Add(kept);
        if (kept.User == _lastTime.Count)
            _lastTime.Add(kept.Time);
        var late = kept.Time < _lastTime[kept.User];
        _lastTime[kept.User] = kept.Time;
        return late ? RowFlaws.OutOfOrder : RowFlaws.None;
    }

    private readonly record struct Kept(
        long Row,
        int User,
        int Item,
        long Time,
        UserActions Actions,
        UserActions Recorded,
        float Watch,
        float Duration,
        int Tab,
        int Hour,
        int Day)
    {
        /// <summary>Whether the two rows tell of the same response; float's Equals takes two unknowns for the same.</summary>
        public bool HasResponseOf(in Kept other) =>
            Actions == other.Actions && Recorded == other.Recorded && Tab == other.Tab
            && Watch.Equals(other.Watch) && Duration.Equals(other.Duration);
    }
}
