using System.Collections.Immutable;
using MTRec.Core.Sessions;

namespace MTRec.Data.KuaiRand;

/// <summary>What a user did before a log begins: items in the order of time, the latest 50 of each kind, without their times.</summary>
public sealed record UserHistory
{
    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>Impressions in the whole history, forgotten ones included; NaN where unknown.</summary>
    public required float Length { get; init; }

    /// <summary>The latest impression, in milliseconds since the Unix epoch; 0 where unknown.</summary>
    public required long LastTimestampMs { get; init; }

    /// <summary>Items watched, oldest first.</summary>
    public required ImmutableArray<string> Watched { get; init; }

    /// <summary>Items liked, oldest first.</summary>
    public required ImmutableArray<string> Liked { get; init; }

    /// <summary>Items watched for long, oldest first.</summary>
    public required ImmutableArray<string> WatchedLong { get; init; }

    /// <summary>
    /// The watched items as events, oldest first: each at <see cref="LastTimestampMs"/>, since their own times are unknown, with the
    /// actions long view and like where the item stands in those lists, and no watch time.
    /// </summary>
    public IEnumerable<SessionEvent> ToSessionEvents()
    {
        var liked = Liked.ToHashSet(StringComparer.Ordinal);
        var watchedLong = WatchedLong.ToHashSet(StringComparer.Ordinal);
        return Watched.Select(item => new SessionEvent(item, LastTimestampMs, Actions(item), WatchSeconds: 0));

        UserActions Actions(string item) =>
            (watchedLong.Contains(item) ? UserActions.LongView : UserActions.None)
            | (liked.Contains(item) ? UserActions.Like : UserActions.None);
    }
}

/// <summary>
/// Reads a file of histories, CSV or CSV.GZ, with the columns <c>user_id</c> and, where they exist, <c>history_len</c>,
/// <c>last_time_ms</c>, <c>watch_seq</c>, <c>like_seq</c>, <c>long_watch_seq</c> (ids separated by spaces).
/// </summary>
public static class HistoryFile
{
    /// <summary>The histories, in the file's order.</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged or lacks <c>user_id</c>.</exception>
    public static IReadOnlyList<UserHistory> Read(string path, out FeatureFileReport report) =>
        Read(CsvSource.Open(path, "user_id"), out report);

    /// <summary>As the other overload, from a stream, which is closed.</summary>
    /// <inheritdoc cref="Read(string, out FeatureFileReport)"/>
    public static IReadOnlyList<UserHistory> Read(Stream stream, string name, out FeatureFileReport report) =>
        Read(CsvSource.Open(stream, name, "user_id"), out report);

    private static List<UserHistory> Read(CsvSource source, out FeatureFileReport report)
    {
        using var file = new FeatureFile(source, "user_id");
        var length = file.Column("history_len");
        var lastTime = file.Column("last_time_ms");
        var watched = file.Column("watch_seq");
        var liked = file.Column("like_seq");
        var watchedLong = file.Column("long_watch_seq");
        var ids = new Dictionary<string, string>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

        var histories = new List<UserHistory>();
        while (file.Read())
        {
            if (source.Whole(lastTime, out var timestamp) == CellState.Bad || timestamp < 0)
            {
                file.Report.BadCells++;
                timestamp = 0;
            }

            histories.Add(new UserHistory
            {
                UserId = file.Id,
                Length = file.Quantity(length),
                LastTimestampMs = timestamp,
                Watched = Sequence(watched),
                Liked = Sequence(liked),
                WatchedLong = Sequence(watchedLong),
            });
        }

        report = file.Report;
        return histories;

        // A million mentions of a few thousand items: each id is one string.
        ImmutableArray<string> Sequence(int column)
        {
            var text = file.Text(column).AsSpan();
            var items = ImmutableArray.CreateBuilder<string>();
            foreach (var range in text.Split(' '))
            {
                var id = text[range];
                if (id.IsEmpty)
                    continue;
                if (!ids.TryGetValue(id, out var shared))
                    ids[id] = shared = id.ToString();
                items.Add(shared);
            }

            return items.DrainToImmutable();
        }
    }
}
