using MTRec.Inference;
using MTRec.Serving.Bundles;

namespace MTRec.Serving.Tests.Bundles;

public sealed class FollowRuleTests
{
    private readonly FollowRule _rule = new();

    [Fact]
    public void Before_any_decision_the_newest_goes_first()
    {
        Assert.Equal(["3", "2", "1"], Candidates(Listing("2", 2), Listing("1", 1), Listing("3", 3)));
    }

    [Fact]
    public void Of_one_moment_the_version_decides()
    {
        Assert.Equal(["b", "a"], Candidates(Listing("a", 1), Listing("b", 1)));
        _rule.Followed(BundleAge.Of(Listing("a", 1))!.Value);
        Assert.Equal(["b"], Candidates(Listing("a", 1), Listing("b", 1)));
    }

    [Fact]
    public void Refused_and_unreadable_ones_are_passed_over_until_they_are_mended()
    {
        var unreadable = Listing("4", 4) with { Created = null };
        Assert.Equal(["2"], Candidates(Listing("2", 2), Listing("3", 3) with { Reasons = ["bad"] }, unreadable));
        _rule.Followed(BundleAge.Of(Listing("2", 2))!.Value);
        Assert.Equal(["3"], Candidates(Listing("2", 2), Listing("3", 3), unreadable));
    }

    [Fact]
    public void Only_newer_ones_are_followed()
    {
        _rule.Followed(BundleAge.Of(Listing("2", 2))!.Value);
        Assert.Empty(Candidates(Listing("1", 1), Listing("2", 2), Listing("late", 1)));
        Assert.Equal(["3"], Candidates(Listing("3", 3), Listing("1", 1)));
    }

    [Fact]
    public void A_request_holds_back_what_is_there_and_may_serve()
    {
        var refused = Listing("4", 4) with { Reasons = ["bad"] };
        BundleListing[] there = [Listing("1", 1), Listing("2", 2), Listing("3", 3), refused];
        _rule.Followed(BundleAge.Of(there[1])!.Value);
        _rule.Requested(there);

        Assert.Empty(Candidates(there));
        var active = BundleAge.Of(there[0])!.Value;
        Assert.Equal(["2", "3"], there.Where(listing => _rule.HoldsBack(listing, active)).Select(listing => listing.Version));

        // Mended, and published later.
        Assert.Equal(["5", "4"], Candidates([.. there[..3], Listing("4", 4), Listing("5", 5)]));
    }

    [Fact]
    public void A_request_among_old_ones_frees_nothing()
    {
        _rule.Followed(BundleAge.Of(Listing("3", 3))!.Value);
        _rule.Requested([Listing("1", 1), Listing("2", 2)]);
        Assert.Empty(Candidates(Listing("2", 2), Listing("3", 3)));
    }

    private string[] Candidates(params BundleListing[] listings) => [.. _rule.Candidates(listings).Select(listing => listing.Version)];

    private static BundleListing Listing(string version, int day) =>
        new("default", version, $"/registry/default/{version}", "", new DateTimeOffset(2026, 1, day, 0, 0, 0, TimeSpan.Zero), "", []);
}
