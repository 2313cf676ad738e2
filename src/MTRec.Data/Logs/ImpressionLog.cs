using System.Collections.Immutable;
using MTRec.Core.Sessions;

namespace MTRec.Data.Logs;

/// <summary>
/// A cleaned log in its canonical form: one column a quantity, one place a row. The rows of a user stand together, in the order of time;
/// users in the order in which they first appear. <see cref="ImpressionLogFile"/> is the same on disk.
/// </summary>
/// <remarks>The columns have <see cref="Count"/> values each and are not to be changed.</remarks>
public sealed class ImpressionLog
{
    /// <summary>Stands in <see cref="Tab"/> and <see cref="Hour"/> for a missing value.</summary>
    public const int Missing = -1;

    /// <summary>The users' ids.</summary>
    public required IdTable Users { get; init; }

    /// <summary>The items' ids.</summary>
    public required IdTable Items { get; init; }

    /// <summary>Each row's number in the file it came from, 1-based.</summary>
    public required ImmutableArray<long> Row { get; init; }

    /// <summary>Each row's place in <see cref="Users"/>; never falls.</summary>
    public required ImmutableArray<int> User { get; init; }

    /// <summary>Each row's place in <see cref="Items"/>.</summary>
    public required ImmutableArray<int> Item { get; init; }

    /// <summary>Milliseconds since the Unix epoch; does not fall within a user.</summary>
    public required ImmutableArray<long> TimestampMs { get; init; }

    /// <summary>What the user did; a subset of <see cref="Recorded"/>.</summary>
    public required ImmutableArray<UserActions> Actions { get; init; }

    /// <summary>The actions that the row tells about.</summary>
    public required ImmutableArray<UserActions> Recorded { get; init; }

    /// <summary>Seconds watched, 0 or more; NaN where unknown.</summary>
    public required ImmutableArray<float> WatchSeconds { get; init; }

    /// <summary>The item's length in seconds, above 0; NaN where unknown.</summary>
    public required ImmutableArray<float> DurationSeconds { get; init; }

    /// <summary>The tab that showed the item, 0 or more; <see cref="Missing"/> where unknown.</summary>
    public required ImmutableArray<int> Tab { get; init; }

    /// <summary>Hour of the user's day, 0 to 23; <see cref="Missing"/> where unknown.</summary>
    public required ImmutableArray<int> Hour { get; init; }

    /// <summary>The user's date as <see cref="DateOnly.DayNumber"/>: days since 0001-01-01.</summary>
    public required ImmutableArray<int> Day { get; init; }

    /// <summary>Number of rows.</summary>
    public int Count => Row.Length;

    /// <summary>A row as an event of its user's session; an unknown watch time counts as 0.</summary>
    public SessionEvent Event(int row) =>
        new(Items[Item[row]], TimestampMs[row], Actions[row], float.IsNaN(WatchSeconds[row]) ? 0 : WatchSeconds[row]);

    /// <summary>The rows of some users. Users and items keep their places, so that those left out have no rows.</summary>
    /// <param name="keep">Whether a user, given by id, stays.</param>
    public ImpressionLog OfUsers(Func<string, bool> keep)
    {
        var kept = Users.Ids.Select(keep).ToArray();
        var rows = Enumerable.Range(0, Count).Where(row => kept[User[row]]).ToArray();
        return new ImpressionLog
        {
            Users = Users,
            Items = Items,
            Row = Of(Row),
            User = Of(User),
            Item = Of(Item),
            TimestampMs = Of(TimestampMs),
            Actions = Of(Actions),
            Recorded = Of(Recorded),
            WatchSeconds = Of(WatchSeconds),
            DurationSeconds = Of(DurationSeconds),
            Tab = Of(Tab),
            Hour = Of(Hour),
            Day = Of(Day),
        };

        ImmutableArray<T> Of<T>(ImmutableArray<T> column) => [.. rows.Select(row => column[row])];
    }

    /// <summary>The first row of every user in order, then <see cref="Count"/>: user u has the rows [starts[u], starts[u + 1]).</summary>
    public ImmutableArray<int> UserStarts()
    {
        var starts = ImmutableArray.CreateBuilder<int>(Users.Count + 1);
        for (var row = 0; row < Count; row++)
        {
            while (starts.Count <= User[row])
                starts.Add(row);
        }

        while (starts.Count <= Users.Count)
            starts.Add(Count);
        return starts.DrainToImmutable();
    }
}
