using MTRec.Core.Bundles;
using MTRec.Testing;
using Xunit;

namespace MTRec.Export.Tests;

public class BundleWriterTests
{
    [Fact]
    public void The_folder_holds_the_manifest_and_what_it_lists()
    {
        using var registry = new TemporaryFolder();

        var folder = TestBundles.Publish(registry.Path);

        Assert.Equal(Path.Combine(registry.Path, "default", "1"), folder);
        Assert.Equal(
            ["items.safetensors", "manifest.json", "mental-reward.onnx", "policy.onnx", "task-scores.onnx"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["1"], Directory.GetDirectories(Path.Combine(registry.Path, "default")).Select(Path.GetFileName));
    }

    [Fact]
    public void The_same_bundle_gives_the_same_bytes()
    {
        using var first = new TemporaryFolder();
        using var second = new TemporaryFolder();

        var a = TestBundles.Publish(first.Path);
        var b = TestBundles.Publish(second.Path);

        foreach (var file in Directory.GetFiles(a).Select(path => Path.GetFileName(path)))
            Assert.Equal(File.ReadAllBytes(Path.Combine(a, file)), File.ReadAllBytes(Path.Combine(b, file)));
    }

    [Fact]
    public void A_published_version_never_changes()
    {
        using var registry = new TemporaryFolder();
        var folder = TestBundles.Publish(registry.Path);
        var before = File.ReadAllBytes(Path.Combine(folder, BundleLayout.Policy));

        Assert.Throws<IOException>(() => TestBundles.Publish(registry.Path, formula: Core.Fusion.FusionFormula.LogSum));

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, BundleLayout.Policy)));
        Assert.Equal(["1"], Entries(registry.Path));
    }

    [Fact]
    public async Task Of_several_writers_of_one_version_one_wins()
    {
        using var registry = new TemporaryFolder();

        var writers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => Record.Exception(() => TestBundles.Publish(registry.Path)))));

        Assert.Single(writers, exception => exception is null);
        Assert.All(writers.OfType<Exception>(), exception => Assert.IsType<IOException>(exception));
        Assert.Equal(["1"], Entries(registry.Path));
    }

    [Fact]
    public void Cancelling_leaves_nothing()
    {
        using var registry = new TemporaryFolder();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var manifest = TestBundles.Manifest();

        Assert.Throws<OperationCanceledException>(
            () => BundleWriter.Write(registry.Path, manifest, TestBundles.Parts(manifest), cancelled.Token));

        Assert.Empty(Entries(registry.Path));
    }

    [Fact]
    public void A_wrong_manifest_is_refused_with_every_reason_before_anything_is_written()
    {
        using var registry = new TemporaryFolder();
        var manifest = TestBundles.Manifest();
        var wrong = manifest with { Name = "../outside", Fallback = manifest.Fallback with { Weights = [1] } };

        var refusal = Assert.Throws<ArgumentException>(() => BundleWriter.Write(registry.Path, wrong, TestBundles.Parts(manifest)));

        Assert.Contains("name:", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("fallback.weights:", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(registry.Path));
    }

    [Fact]
    public void A_graph_that_does_not_fit_the_manifest_is_refused()
    {
        using var registry = new TemporaryFolder();
        var manifest = TestBundles.Manifest();
        var twoTasks = FusionGraphs.FixedPolicy(
            [.. manifest.Tasks.Take(2)], manifest.Fusion with { Action = [.. manifest.Fusion.Action.Take(2)] }, [1, 2]);

        var refusal = Assert.Throws<ArgumentException>(
            () => BundleWriter.Write(registry.Path, manifest, TestBundles.Parts(manifest) with { Policy = twoTasks }));

        Assert.Contains("policy.onnx: the input is scores float32 [-1, 2]", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(registry.Path));
    }

    private static IEnumerable<string?> Entries(string registry) =>
        Directory.GetFileSystemEntries(Path.Combine(registry, "default")).Select(Path.GetFileName);
}
