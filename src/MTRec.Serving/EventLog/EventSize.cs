namespace MTRec.Serving.EventLog;

/// <summary>What an event takes in memory while it waits.</summary>
internal static class EventSize
{
    private const long PerEvent = 400;
    private const long PerCandidate = 12;
    private const long PerValue = 4;
    private const long PerCharacter = 2;
    private const long PerString = 24;

    /// <summary>An estimate in bytes for an exposure.</summary>
    /// <param name="candidates">N.</param>
    /// <param name="tasks">K.</param>
    /// <param name="idCharacters">Length of all item ids together.</param>
    /// <param name="explored">Numbers of the actions that were explored around.</param>
    public static long OfExposure(int candidates, int tasks, long idCharacters, int explored) =>
        PerEvent + (3 * PerValue * explored) + (candidates * (PerCandidate + PerString + (tasks * PerValue))) + (PerCharacter * idCharacters);

    /// <summary>An estimate in bytes for one feedback event.</summary>
    public const long OfFeedback = 600;
}
