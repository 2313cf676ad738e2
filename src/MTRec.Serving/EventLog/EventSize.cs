namespace MTRec.Serving.EventLog;

/// <summary>What an event takes in memory while it waits, in bytes.</summary>
internal static class EventSize
{
    private const int PerEvent = 1000;
    private const int PerCandidate = 40;

    // 8 bytes in base64.
    private const int PerFinalScore = 11;

    // 4 bytes in base64.
    private const int PerScore = 6;

    /// <summary>An estimate for one feedback event.</summary>
    public const long OfFeedback = 600;

    /// <summary>An estimate in bytes for the deletion of a user.</summary>
    public const long OfForget = 600;

    /// <summary>Of an exposure beside its JSON.</summary>
    public const long BesideJson = 400;

    /// <summary>An estimate of an exposure's JSON.</summary>
    /// <param name="candidates">N.</param>
    /// <param name="tasks">K.</param>
    public static int OfJson(int candidates, int tasks) => PerEvent + (candidates * (PerCandidate + PerFinalScore + (tasks * PerScore)));
}
