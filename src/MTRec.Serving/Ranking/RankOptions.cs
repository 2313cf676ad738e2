using MTRec.Serving.Operations;

namespace MTRec.Serving.Ranking;

/// <summary>Limits of a rank call: section <c>Ranking</c>.</summary>
internal sealed class RankOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Ranking";

    /// <summary>Candidates of one call at most, 1 to 10,000. Default 10,000.</summary>
    public int MaxCandidates { get; set; } = 10_000;

    /// <summary>Longest body in bytes, 1,024 to 67,108,864 (64 MiB). Default 16,777,216 (16 MiB).</summary>
    public int MaxBodyBytes { get; set; } = 16 << 20;

    /// <summary>Calls scored at the same time at most, 1 to 1,024. Default: one for each processor.</summary>
    public int? MaxConcurrent { get; set; }

    /// <summary>Calls that wait for their turn at most, 0 to 100,000: more are refused at once with 503. Default 128.</summary>
    public int MaxWaiting { get; set; } = 128;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (MaxCandidates is < 1 or > 10_000)
            yield return $"MaxCandidates must be in [1, 10000], not {MaxCandidates}.";
        if (MaxConcurrent is < 1 or > 1024)
            yield return $"MaxConcurrent must be in [1, 1024], not {MaxConcurrent}.";
        if (MaxWaiting is < 0 or > 100_000)
            yield return $"MaxWaiting must be in [0, 100000], not {MaxWaiting}.";
        if (MaxBodyBytes is < 1024 or > 64 << 20)
            yield return $"MaxBodyBytes must be in [1024, {64 << 20}], not {MaxBodyBytes}.";
    }
}
