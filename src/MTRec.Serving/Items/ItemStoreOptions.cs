using MTRec.Serving.Operations;

namespace MTRec.Serving.Items;

/// <summary>What callers may put: section <c>Items</c>.</summary>
internal sealed class ItemStoreOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Items";

    /// <summary>Items put by callers and kept at most, 1 to 10,000,000. Default 1,000,000.</summary>
    public int MaxItems { get; set; } = 1_000_000;

    /// <summary>Items of one call at most, 1 to 100,000. Default 10,000.</summary>
    public int MaxItemsPerCall { get; set; } = 10_000;

    /// <summary>Longest body in bytes, 1,024 to 67,108,864 (64 MiB). Default 16,777,216 (16 MiB).</summary>
    public int MaxBodyBytes { get; set; } = 16 << 20;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (MaxItems is < 1 or > 10_000_000)
            yield return $"MaxItems must be in [1, 10000000], not {MaxItems}.";
        if (MaxItemsPerCall is < 1 or > 100_000)
            yield return $"MaxItemsPerCall must be in [1, 100000], not {MaxItemsPerCall}.";
        if (MaxBodyBytes is < 1024 or > 64 << 20)
            yield return $"MaxBodyBytes must be in [1024, {64 << 20}], not {MaxBodyBytes}.";
    }
}
