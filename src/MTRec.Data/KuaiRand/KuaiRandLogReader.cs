using MTRec.Core.Sessions;
using MTRec.Data.Logs;

namespace MTRec.Data.KuaiRand;

/// <summary>
/// Reads a log in the format of KuaiRand (Gao et al., CIKM 2022), CSV or CSV.GZ, row by row, in memory that grows with nothing but the
/// distinct ids.
/// Needed are the columns <c>user_id</c>, <c>video_id</c> and <c>time_ms</c>; also read, where they exist: <c>date</c>, <c>hourmin</c>,
/// <c>is_click</c>, <c>long_view</c>, <c>is_like</c>, <c>is_follow</c>, <c>is_comment</c>, <c>is_forward</c>, <c>is_profile_enter</c>,
/// <c>is_hate</c>, <c>play_time_ms</c>, <c>duration_ms</c>, <c>tab</c>. Other columns are passed over.
/// </summary>
/// <remarks>
/// Every row of the file comes out, in the file's order, with its <see cref="Impression.Flaws"/>: dropping is <see cref="LogCleaner"/>'s
/// work. Blank lines are no rows. An empty cell or NaN is a missing value, not a flaw, except in the three needed columns. Ids that a tool
/// wrote as floats (<c>7.0</c>) are read as the whole numbers that they were.
/// </remarks>
public sealed class KuaiRandLogReader : IDisposable
{
    private const long MaxTimestampMs = 253_402_300_799_999 - (24 * 3600 * 1000);

    private static readonly (string Column, UserActions Action)[] ActionColumns =
    [
        ("is_click", UserActions.Click),
        ("long_view", UserActions.LongView),
        ("is_like", UserActions.Like),
        ("is_follow", UserActions.Follow),
        ("is_comment", UserActions.Comment),
        ("is_forward", UserActions.Forward),
        ("is_profile_enter", UserActions.ProfileEnter),
        ("is_hate", UserActions.Hate),
    ];

    private readonly CsvSource _source;
    private readonly int _user;
    private readonly int _item;
    private readonly int _time;
    private readonly int _date;
    private readonly int _hourMinute;
    private readonly int _tab;
    private readonly int _play;
    private readonly int _duration;
    private readonly (int Column, UserActions Action)[] _actions;

    private KuaiRandLogReader(CsvSource source)
    {
        _source = source;
        _user = source.Column("user_id");
        _item = source.Column("video_id");
        _time = source.Column("time_ms");
        _date = source.Column("date");
        _hourMinute = source.Column("hourmin");
        _tab = source.Column("tab");
        _play = source.Column("play_time_ms");
        _duration = source.Column("duration_ms");
        _actions = [.. ActionColumns.Select(action => (source.Column(action.Column), action.Action)).Where(action => action.Item1 >= 0)];
    }

    /// <summary>Opens a log file.</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged or lacks a needed column.</exception>
    public static KuaiRandLogReader Open(string path) => new(CsvSource.Open(path, "user_id", "video_id", "time_ms"));

    /// <summary>Opens a stream, which is closed with the reader; <paramref name="name"/> stands in messages.</summary>
    /// <inheritdoc cref="Open(string)"/>
    public static KuaiRandLogReader Open(Stream stream, string name) => new(CsvSource.Open(stream, name, "user_id", "video_id", "time_ms"));

    /// <summary>The rows not read yet, in the file's order.</summary>
    /// <exception cref="DataFormatException">While enumerating: the file is damaged or cut off.</exception>
    public IEnumerable<Impression> Rows()
    {
        while (_source.Read())
            yield return Current();
    }

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private Impression Current()
    {
        var flaws = RowFlaws.None;
        if (_source.HasOtherWidth)
            flaws |= RowFlaws.WrongColumnCount;
        if (_source.HasBrokenQuotes)
            flaws |= RowFlaws.BrokenQuotes;

        var userId = _source.Id(_user);
        if (userId.Length == 0)
            flaws |= RowFlaws.MissingUser;
        var itemId = _source.Id(_item);
        if (itemId.Length == 0)
            flaws |= RowFlaws.MissingItem;
        if (_source.Whole(_time, out var timestamp) != CellState.Value || timestamp is <= 0 or > MaxTimestampMs)
        {
            flaws |= RowFlaws.BadTime;
            timestamp = 0;
        }

        var actions = Actions(ref flaws, out var recorded);
        var watch = Seconds(_play, RowFlaws.NegativePlay, ref flaws);
        var duration = Seconds(_duration, RowFlaws.NegativeDuration, ref flaws);
        if (float.IsNaN(duration) || duration == 0)
        {
            flaws |= RowFlaws.NoDuration;
            duration = float.NaN;
        }

        if (watch > duration)
            flaws |= RowFlaws.PlayBeyondDuration;

        DateTime? local = timestamp > 0 ? KuaiRandClock.Local(timestamp) : null;
        return new Impression
        {
            Row = _source.Row,
            UserId = userId,
            ItemId = itemId,
            TimestampMs = timestamp,
            Hour = Hour(ref flaws) ?? local?.Hour,
            Date = Date(ref flaws) ?? (local is { } time ? DateOnly.FromDateTime(time) : null),
            Tab = InRange(_tab, 0, int.MaxValue, ref flaws),
            Actions = actions,
            Recorded = recorded,
            WatchSeconds = watch,
            DurationSeconds = duration,
            Flaws = flaws,
        };
    }

    private UserActions Actions(ref RowFlaws flaws, out UserActions recorded)
    {
        var done = UserActions.None;
        recorded = UserActions.None;
        foreach (var (column, action) in _actions)
        {
            var state = _source.Whole(column, out var flag);
            if (state == CellState.Missing)
                continue;
            if (state == CellState.Bad || flag is not (0 or 1))
            {
                flaws |= RowFlaws.BadFlag;
                continue;
            }

            recorded |= action;
            if (flag == 1)
                done |= action;
        }

        return done;
    }

    private float Seconds(int column, RowFlaws negative, ref RowFlaws flaws)
    {
        switch (_source.Number(column, out var milliseconds))
        {
            case CellState.Value when milliseconds < 0:
                flaws |= negative;
                return float.NaN;
            case CellState.Value when milliseconds <= 1L << 53:
                return (float)(milliseconds / 1000);
            case CellState.Missing:
                return float.NaN;
            default:
                flaws |= RowFlaws.BadNumber;
                return float.NaN;
        }
    }

    private int? Hour(ref RowFlaws flaws)
    {
        if (InRange(_hourMinute, 0, 2359, ref flaws) is not { } hourMinute)
            return null;
        if (hourMinute % 100 < 60)
            return hourMinute / 100;
        flaws |= RowFlaws.BadNumber;
        return null;
    }

    private DateOnly? Date(ref RowFlaws flaws)
    {
        if (InRange(_date, 1_01_01, 9999_12_31, ref flaws) is not { } date)
            return null;
        var (year, month, day) = (date / 10000, date / 100 % 100, date % 100);
        if (year > 0 && month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month))
            return new DateOnly(year, month, day);
        flaws |= RowFlaws.BadNumber;
        return null;
    }

    private int? InRange(int column, int low, int high, ref RowFlaws flaws)
    {
        var state = _source.Whole(column, out var value);
        if (state == CellState.Missing)
            return null;
        if (state == CellState.Value && value >= low && value <= high)
            return (int)value;
        flaws |= RowFlaws.BadNumber;
        return null;
    }
}
