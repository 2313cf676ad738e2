using MTRec.Inference;

namespace MTRec.Serving.Bundles;

/// <summary>
/// Which bundles go into service by themselves: the newest that may serve, if it is newer than all that were there when the active
/// bundle was last decided upon. So what a request has left, by a rollback or for an older version, stays held back until something
/// newer is published or a request activates it. Newer means made later; of one moment, by the version's name.
/// </summary>
internal sealed class FollowRule
{
    private BundleAge? _decided;

    /// <summary>The newest bundle that is not followed any more; null before the first decision.</summary>
    public BundleAge? Decided => _decided;

    /// <summary>The bundles that may be followed, the newest first.</summary>
    /// <param name="listings">All bundles of the name.</param>
    public IEnumerable<BundleListing> Candidates(IEnumerable<BundleListing> listings) =>
        listings.Where(listing => !listing.IsRefused && BundleAge.Of(listing) is { } age && !(age <= _decided)).OrderByDescending(BundleAge.Of);

    /// <summary>Notes that a bundle was followed, or that a request decided elsewhere: what is newer than <paramref name="age"/> may be followed.</summary>
    public void Followed(BundleAge age) => _decided = age;

    /// <summary>Notes that a request has decided: all bundles that might be followed now are held back.</summary>
    public void Requested(IEnumerable<BundleListing> listings)
    {
        foreach (var newest in Candidates(listings).Take(1))
            _decided = BundleAge.Of(newest);
    }

    /// <summary>Whether <paramref name="listing"/> would be followed, had no request decided otherwise.</summary>
    /// <param name="listing">A bundle of the name.</param>
    /// <param name="active">The active bundle.</param>
    public bool HoldsBack(BundleListing listing, BundleAge active) =>
        !listing.IsRefused && BundleAge.Of(listing) is { } age && age > active && age <= _decided;
}
