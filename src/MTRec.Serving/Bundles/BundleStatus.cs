using MTRec.Inference;

namespace MTRec.Serving.Bundles;

/// <summary>How the bundles stand.</summary>
/// <param name="Snapshot">In service.</param>
/// <param name="Listings">In the registry, by name, the newest version first.</param>
/// <param name="Previous">The version that a rollback would activate.</param>
/// <param name="HeldBack">Newer versions than the active one that are not followed, as a request has left them.</param>
/// <param name="Unserved">Versions that are asked for by variants or as the shadow, and not loaded.</param>
/// <param name="Withdrawn">Loaded versions that the registry no longer holds.</param>
/// <param name="Fault">Why the registry could not be read, or a request's choice not be shared; null where all is well.</param>
internal sealed record BundleStatus(
    BundleSnapshot Snapshot,
    IReadOnlyList<BundleListing> Listings,
    string? Previous,
    IReadOnlyList<string> HeldBack,
    IReadOnlyList<string> Unserved,
    IReadOnlyList<string> Withdrawn,
    string? Fault)
{
    // Verifying opens a bundle's graphs: in a registry of a thousand versions that is for who activates an old one.
    private const int Verified = 20;

    /// <summary>Bundles among each name's newest that were not verified yet.</summary>
    public IEnumerable<BundleListing> Unverified =>
        Listings.GroupBy(listing => listing.Name, StringComparer.Ordinal).SelectMany(versions => versions.Take(Verified)).Where(listing => listing.Reasons is null);

    /// <summary>Nothing was looked at yet.</summary>
    public static BundleStatus Empty { get; } = new(BundleSnapshot.Empty, [], null, [], [], [], null);
}
