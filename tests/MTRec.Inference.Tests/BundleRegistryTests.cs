using MTRec.Core.Bundles;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public sealed class BundleRegistryTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly Clock _time = new();
    private readonly BundleRegistry _registry;

    public BundleRegistryTests() => _registry = new BundleRegistry(_folder.Path, _time);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Bundles_come_by_name_the_newest_first_and_unverified()
    {
        TestBundles.Publish(_folder.Path, version: "b", created: Day.AddDays(1));
        TestBundles.Publish(_folder.Path, version: "a", created: Day.AddDays(2));
        var newest = TestBundles.Publish(_folder.Path, version: "c", created: Day.AddDays(3));
        TestBundles.Publish(_folder.Path, name: "another", version: "z", created: Day.AddDays(9));

        var listings = _registry.Scan();

        Assert.Equal(["another/z", "default/c", "default/a", "default/b"], listings.Select(b => $"{b.Name}/{b.Version}"));
        Assert.All(listings, listing => Assert.Null(listing.Reasons));
        Assert.Equal((newest, Day.AddDays(3)), (listings[1].Directory, listings[1].Created));
        using var bundle = _registry.Open(listings[1]);
        Assert.Equal(listings[1].Digest, bundle.Digest);
        Assert.Empty(Find("c").Reasons!);
        Assert.False(Find("c").IsRefused);
        Assert.Null(Find("a").Reasons);
    }

    [Fact]
    public void A_refused_bundle_is_listed_with_its_reasons()
    {
        var folder = TestBundles.Publish(_folder.Path);
        File.AppendAllText(Path.Combine(folder, BundleLayout.Items), "x");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "default", "2"));

        foreach (var listing in _registry.Scan())
        {
            var reasons = _registry.Verify(listing);
            Assert.Equal(reasons, Assert.Throws<BundleRefusedException>(() => _registry.Open(listing).Dispose()).Reasons);
        }

        var damaged = Find("1");
        Assert.StartsWith("items.safetensors: its SHA-256", Assert.Single(damaged.Reasons!), StringComparison.Ordinal);
        Assert.NotNull(damaged.Created);
        Assert.NotNull(damaged.Digest);
        var empty = Find("2");
        Assert.StartsWith("manifest.json: ", Assert.Single(empty.Reasons!), StringComparison.Ordinal);
        Assert.Null(empty.Created);
        Assert.Null(empty.Digest);
    }

    [Fact]
    public void A_bundle_in_anothers_folder_is_refused()
    {
        var folder = TestBundles.Publish(_folder.Path);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "renamed"));
        Directory.Move(folder, Path.Combine(_folder.Path, "renamed", "2"));

        Assert.Equal(2, _registry.Verify(Assert.Single(_registry.Scan())).Count);
    }

    [Fact]
    public void Unfinished_work_and_a_missing_root_are_passed_over()
    {
        var folder = TestBundles.Publish(_folder.Path);
        Directory.Move(folder, Path.Combine(_folder.Path, "default", ".1.partial"));

        Assert.Empty(_registry.Scan());
        Assert.Empty(new BundleRegistry(Path.Combine(_folder.Path, "absent")).Scan());
    }

    [Fact]
    public void What_is_known_holds_until_the_files_change()
    {
        var folder = TestBundles.Publish(_folder.Path);
        var file = Path.Combine(folder, BundleLayout.Policy);
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[1..]);
        Assert.Single(_registry.Verify(Find("1")));
        _time.Now += TimeSpan.FromDays(1);
        Assert.True(Find("1").IsRefused);
        Assert.Same(Find("1"), Find("1"));

        File.WriteAllBytes(file, bytes);
        Assert.Null(Find("1").Reasons);
        Assert.Empty(_registry.Verify(Find("1")));

        _registry.Refuse(Find("1"), ["for a reason of mine"]);
        Assert.Equal(["for a reason of mine"], Find("1").Reasons);
    }

    [Fact]
    public void A_verdict_on_files_that_have_changed_since_is_forgotten()
    {
        var folder = TestBundles.Publish(_folder.Path);
        var before = Find("1");
        File.Delete(Path.Combine(folder, BundleLayout.MentalReward));
        Assert.NotEmpty(_registry.Verify(before));

        Assert.Null(Find("1").Reasons);
    }

    [Fact]
    public void What_cannot_be_read_is_tried_again_after_a_while()
    {
        // A folder in a file's place cannot be read, whoever asks.
        var folder = TestBundles.Publish(_folder.Path);
        File.Delete(Path.Combine(folder, BundleLayout.Policy));
        Directory.CreateDirectory(Path.Combine(folder, BundleLayout.Policy));

        Assert.Single(_registry.Verify(Find("1")));
        Assert.True(Find("1").IsRefused);
        _time.Now += BundleRegistry.UnreadablePause;
        Assert.Null(Find("1").Reasons);
    }

    private BundleListing Find(string version) => _registry.Scan().Single(listing => listing.Name == "default" && listing.Version == version);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = Day;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
