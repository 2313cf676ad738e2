namespace MTRec.Core.Sessions;

/// <summary>One impression and the user's response to it.</summary>
/// <param name="ItemId">The item shown.</param>
/// <param name="TimestampMs">When it was shown, in milliseconds since the Unix epoch.</param>
/// <param name="Actions">What the user did.</param>
/// <param name="WatchSeconds">How long the user watched, in seconds, 0 or more.</param>
public readonly record struct SessionEvent(string ItemId, long TimestampMs, UserActions Actions, float WatchSeconds);
