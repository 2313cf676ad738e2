namespace MTRec.Data.Logs;

/// <summary>What is wrong with one row of a log. A row may have several flaws.</summary>
[Flags]
public enum RowFlaws
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>No user id.</summary>
    MissingUser = 1 << 0,

    /// <summary>No item id.</summary>
    MissingItem = 1 << 1,

    /// <summary>No time, or one that is no whole number of milliseconds after 1970 and before the year 10000.</summary>
    BadTime = 1 << 2,

    /// <summary>More or fewer cells than the header.</summary>
    WrongColumnCount = 1 << 3,

    /// <summary>Quotes that do not match.</summary>
    BrokenQuotes = 1 << 4,

    /// <summary>An action's flag other than 0 and 1.</summary>
    BadFlag = 1 << 5,

    /// <summary>Text where a number, an hour or a date should be, or one out of its range.</summary>
    BadNumber = 1 << 6,

    /// <summary>A negative play time.</summary>
    NegativePlay = 1 << 7,

    /// <summary>A negative duration.</summary>
    NegativeDuration = 1 << 8,

    /// <summary>The same user, item and time as an earlier row, and the same response.</summary>
    Duplicate = 1 << 9,

    /// <summary>The same user, item and time as an earlier row, but another response; the earlier row is kept.</summary>
    ConflictingDuplicate = 1 << 10,

    /// <summary>The duration is 0 or missing: the row is kept, its duration unknown.</summary>
    NoDuration = 1 << 11,

    /// <summary>Played for longer than the item lasts (it repeats): kept as it is.</summary>
    PlayBeyondDuration = 1 << 12,

    /// <summary>Earlier than the row before it of the same user: kept, moved to its place.</summary>
    OutOfOrder = 1 << 13,

    /// <summary>Without these there is no impression at all.</summary>
    Unidentified = MissingUser | MissingItem | BadTime,

    /// <summary>What no healthy log holds; such rows are not learned from.</summary>
    Impossible = Unidentified | WrongColumnCount | BrokenQuotes | BadFlag | BadNumber | NegativePlay | NegativeDuration,

    /// <summary>All flaws for which <see cref="LogCleaner"/> drops a row; it keeps rows with any other.</summary>
    Dropped = Impossible | Duplicate | ConflictingDuplicate,
}
