namespace MTRec.Serving.Access;

/// <summary>How much a caller may do.</summary>
/// <param name="PerSecond">Requests a second in the long run.</param>
/// <param name="Burst">Requests that may come at once after a pause.</param>
internal sealed record Rate(int PerSecond, int Burst)
{
    private const int Most = 1_000_000;

    /// <summary>The rate of two options; null where there is no limit.</summary>
    public static Rate? Of(int? perSecond, int? burst) =>
        perSecond is { } rate ? new Rate(rate, burst ?? Math.Min(Most, 2 * rate)) : null;

    /// <summary>What is wrong with two options.</summary>
    public static IEnumerable<string> Faults(int? perSecond, int? burst)
    {
        if (perSecond is < 1 or > Most)
            yield return $"RequestsPerSecond must be in [1, {Most}], not {perSecond}.";
        if (burst is < 1 or > Most)
            yield return $"Burst must be in [1, {Most}], not {burst}.";
        if (burst is not null && perSecond is null)
            yield return "Burst is of no use without RequestsPerSecond.";
    }
}
