namespace MTRec.Inference;

/// <summary>The order of a registry's bundles.</summary>
/// <param name="Created">When the bundle was made.</param>
/// <param name="Version">Decides between bundles of one moment.</param>
public readonly record struct BundleAge(DateTimeOffset Created, string Version) : IComparable<BundleAge>
{
    /// <summary>The age of a listed bundle; null where its manifest cannot be read.</summary>
    public static BundleAge? Of(BundleListing listing) => listing.Created is { } created ? new BundleAge(created, listing.Version) : null;

    /// <summary>The age of a loaded bundle.</summary>
    public static BundleAge Of(Bundle bundle) => new(bundle.Manifest.Created, bundle.Manifest.Version);

    /// <summary>Whether one is older.</summary>
    public static bool operator <(BundleAge left, BundleAge right) => left.CompareTo(right) < 0;

    /// <summary>Whether one is newer.</summary>
    public static bool operator >(BundleAge left, BundleAge right) => left.CompareTo(right) > 0;

    /// <summary>Whether one is not newer.</summary>
    public static bool operator <=(BundleAge left, BundleAge right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one is not older.</summary>
    public static bool operator >=(BundleAge left, BundleAge right) => left.CompareTo(right) >= 0;

    /// <inheritdoc/>
    public int CompareTo(BundleAge other)
    {
        var byTime = Created.CompareTo(other.Created);
        return byTime != 0 ? byTime : string.CompareOrdinal(Version, other.Version);
    }
}
