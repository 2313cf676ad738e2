using MTRec.Core.Bundles;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public sealed class BundleRegistryTests : IDisposable
{
    private static readonly DateTimeOffset Day = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();
    private readonly BundleRegistry _registry;

    public BundleRegistryTests() => _registry = new BundleRegistry(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_newest_that_may_serve_is_the_latest()
    {
        TestBundles.Publish(_folder.Path, version: "b", created: Day.AddDays(1));
        TestBundles.Publish(_folder.Path, version: "a", created: Day.AddDays(2));
        var newest = TestBundles.Publish(_folder.Path, version: "c", created: Day.AddDays(3));
        TestBundles.Publish(_folder.Path, name: "another", version: "z", created: Day.AddDays(9));

        Assert.Equal(["another/z", "default/c", "default/a", "default/b"], _registry.List().Select(b => $"{b.Name}/{b.Version}"));
        Assert.Equal("c", _registry.Latest("default")!.Version);
        Assert.Equal(newest, _registry.Latest("default")!.Directory);
        File.Delete(Path.Combine(newest, BundleLayout.Policy));
        Assert.Equal("a", _registry.Latest("default")!.Version);
        Assert.Null(_registry.Latest("absent"));
    }

    [Fact]
    public void A_refused_bundle_is_listed_with_its_reasons()
    {
        var folder = TestBundles.Publish(_folder.Path);
        File.AppendAllText(Path.Combine(folder, BundleLayout.Items), "x");
        Directory.CreateDirectory(Path.Combine(_folder.Path, "default", "2"));

        var damaged = _registry.Find("default", "1")!;
        Assert.StartsWith("items.safetensors: its SHA-256", Assert.Single(damaged.Reasons), StringComparison.Ordinal);
        Assert.NotNull(damaged.Created);
        var empty = _registry.Find("default", "2")!;
        Assert.StartsWith("manifest.json: ", Assert.Single(empty.Reasons), StringComparison.Ordinal);
        Assert.Null(empty.Created);
        Assert.Null(_registry.Latest("default"));
        Assert.Null(_registry.Find("default", "3"));
    }

    [Fact]
    public void A_bundle_in_anothers_folder_is_refused()
    {
        var folder = TestBundles.Publish(_folder.Path);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "renamed"));
        Directory.Move(folder, Path.Combine(_folder.Path, "renamed", "2"));

        Assert.Equal(2, _registry.Find("renamed", "2")!.Reasons.Count);
    }

    [Fact]
    public void Unfinished_work_and_a_missing_root_are_passed_over()
    {
        var folder = TestBundles.Publish(_folder.Path);
        Directory.Move(folder, Path.Combine(_folder.Path, "default", ".1.partial"));

        Assert.Empty(_registry.List());
        Assert.Empty(new BundleRegistry(Path.Combine(_folder.Path, "absent")).List());
    }

    [Fact]
    public void What_is_mended_is_verified_anew()
    {
        var folder = TestBundles.Publish(_folder.Path);
        var file = Path.Combine(folder, BundleLayout.Policy);
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes[1..]);
        Assert.Null(_registry.Latest("default"));

        File.WriteAllBytes(file, bytes);

        Assert.Equal("1", _registry.Latest("default")!.Version);
        Assert.Same(_registry.Latest("default"), _registry.Latest("default"));
    }
}
