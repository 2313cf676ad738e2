using MTRec.Serving.Operations;

namespace MTRec.Serving.Bundles.Shadow;

/// <summary>
/// A bundle that is scored on real requests beside the active one and compared with it, and that answers nobody: section <c>Shadow</c>. Read
/// again whenever the configuration changes.
/// </summary>
internal sealed class ShadowOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Shadow";

    /// <summary>The version; no shadow where it is left out, which is the default.</summary>
    public string? Version { get; set; }

    /// <summary>Share of the requests that is scored, 0 to 1. Default 0.1.</summary>
    public double Share { get; set; } = 0.1;

    /// <summary>Requests that wait at most, 1 to 10,000; while they do, further ones are dropped and counted. Default 64.</summary>
    public int MaxWaiting { get; set; } = 64;

    /// <summary>Bytes of the requests that wait, at most: 65,536 (64 KiB) to 1,073,741,824 (1 GiB). Default 16,777,216 (16 MiB).</summary>
    public long MaxWaitingBytes { get; set; } = 16 << 20;

    /// <summary>Candidates at the top of both orders whose overlap is measured, 1 to 1,000. Default 10.</summary>
    public int Top { get; set; } = 10;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (Version is { Length: 0 })
            yield return "Version must not be empty; leave it out for no shadow.";
        if (!(Share >= 0 && Share <= 1))
            yield return $"Share must be in [0, 1], not {Share}.";
        if (MaxWaiting is < 1 or > 10_000)
            yield return $"MaxWaiting must be in [1, 10000], not {MaxWaiting}.";
        if (MaxWaitingBytes is < 64 << 10 or > 1L << 30)
            yield return $"MaxWaitingBytes must be in [{64 << 10}, {1L << 30}], not {MaxWaitingBytes}.";
        if (Top is < 1 or > 1000)
            yield return $"Top must be in [1, 1000], not {Top}.";
    }
}
