namespace MTRec.Data.KuaiRand;

/// <summary>
/// KuaiRand's local time: UTC+8 for every user. The log's own <c>hourmin</c> runs up to an hour ahead of <c>time_ms</c> in about a sixth
/// of the rows (the hour in which the row was written, it seems); where a log has it, it is taken as it stands.
/// </summary>
public static class KuaiRandClock
{
    private static readonly TimeSpan Offset = TimeSpan.FromHours(8);

    /// <summary>Local date and time of a moment.</summary>
    /// <param name="timestampMs">Milliseconds since the Unix epoch, after 1970 and before the year 10000.</param>
    public static DateTime Local(long timestampMs) => DateTime.UnixEpoch.AddMilliseconds(timestampMs) + Offset;
}
