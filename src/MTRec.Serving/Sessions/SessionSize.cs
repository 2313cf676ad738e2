using MTRec.Core.Sessions;

namespace MTRec.Serving.Sessions;

/// <summary>What one user's session takes in memory.</summary>
internal static class SessionSize
{
    // Object headers, the two arrays, the dictionary's and the list's entries; measured, rounded up.
    private const int PerUser = 200;
    private const int PerString = 24;
    private const int PerEvent = 32;
    private const int PerReference = 8;

    /// <summary>An estimate in bytes. Strings are counted in full, although some are shared.</summary>
    public static long Of(string userId, UserSession session)
    {
        var bytes = PerUser + SizeOf(userId);
        foreach (ref readonly var shown in session.Events.AsSpan())
            bytes += PerEvent + SizeOf(shown.ItemId);
        foreach (var id in session.RecentEventIds)
            bytes += PerReference + SizeOf(id);
        return bytes;
    }

    private static long SizeOf(string text) => PerString + (2L * text.Length);
}
