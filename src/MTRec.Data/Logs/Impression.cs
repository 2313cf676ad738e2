using MTRec.Core.Sessions;

namespace MTRec.Data.Logs;

/// <summary>
/// One row of a log: an item shown to a user and the response, as far as the row tells. Rows come with their flaws, none is left out;
/// what a row does not tell, or tells wrongly, is null, NaN or absent from <see cref="Recorded"/>.
/// </summary>
public readonly record struct Impression
{
    /// <summary>1-based number of the row in its file, the header not counted.</summary>
    public required long Row { get; init; }

    /// <summary>The user; empty with <see cref="RowFlaws.MissingUser"/>.</summary>
    public required string UserId { get; init; }

    /// <summary>The item; empty with <see cref="RowFlaws.MissingItem"/>.</summary>
    public required string ItemId { get; init; }

    /// <summary>Milliseconds since the Unix epoch; 0 with <see cref="RowFlaws.BadTime"/>.</summary>
    public required long TimestampMs { get; init; }

    /// <summary>Hour of the user's day, 0 to 23; null only where neither the log nor the time tells it.</summary>
    public int? Hour { get; init; }

    /// <summary>The user's date; null only where neither the log nor the time tells it.</summary>
    public DateOnly? Date { get; init; }

    /// <summary>The tab of the app that showed the item, 0 or more.</summary>
    public int? Tab { get; init; }

    /// <summary>What the user did; a subset of <see cref="Recorded"/>.</summary>
    public UserActions Actions { get; init; }

    /// <summary>The actions that the row tells about: one that is not in here is unknown, not refused.</summary>
    public UserActions Recorded { get; init; }

    /// <summary>How long the user watched, in seconds, 0 or more; NaN where unknown.</summary>
    public float WatchSeconds { get; init; }

    /// <summary>How long the item lasts, in seconds, above 0; NaN where unknown.</summary>
    public float DurationSeconds { get; init; }

    /// <summary>What is wrong with the row.</summary>
    public RowFlaws Flaws { get; init; }

    /// <summary>Whether the row has a user, an item and a time.</summary>
    public bool IsIdentified => (Flaws & RowFlaws.Unidentified) == 0;

    /// <summary>The row as an event of its user's session; an unknown watch time counts as 0.</summary>
    public SessionEvent ToSessionEvent() => new(ItemId, TimestampMs, Actions, float.IsNaN(WatchSeconds) ? 0 : WatchSeconds);
}
