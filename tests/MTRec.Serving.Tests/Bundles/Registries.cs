using System.Security.Cryptography;
using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Export;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

/// <summary>Publishes bundles whose answers tell them apart.</summary>
internal static class Registries
{
    /// <summary>
    /// Publishes a version whose fusion score is click (1 + version / 100) + 2 like + 3 longView, made on the version's day. Odd versions
    /// have tensors of other sizes, so that a request that mixed two bundles would fail.
    /// </summary>
    public static string Publish(string registry, int version, int? day = null) => TestBundles.Publish(
        registry,
        version: $"{version}",
        created: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day ?? version),
        weights: [Weight(version), 2, 3],
        change: version % 2 == 0 ? null : Widened);

    /// <summary>The fusion score of a candidate of <see cref="Requests.Rows"/> with that version.</summary>
    public static double FusionScore(int version, int candidate) =>
        (Weight(version) * Requests.Score(candidate, 0)) + (2 * Requests.Score(candidate, 1)) + (3 * Requests.Score(candidate, 2));

    /// <summary>Publishes a bundle that is not as it should be, whole and at once as a publisher would.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="version">The version.</param>
    /// <param name="fault">corrupt, truncated, wrongShape, notANumber or empty.</param>
    public static string PublishFaulty(string registry, int version, string fault)
    {
        using var staging = new TemporaryFolder();
        var folder = fault == "notANumber" ? PublishNotANumber(staging.Path, version) : Publish(staging.Path, version);
        var policy = Path.Combine(folder, BundleLayout.Policy);
        var bytes = File.ReadAllBytes(policy);
        switch (fault)
        {
            case "corrupt":
                bytes[bytes.Length / 2] ^= 1;
                File.WriteAllBytes(policy, bytes);
                break;
            case "truncated":
                Replace(folder, BundleLayout.Policy, bytes[..(bytes.Length / 2)]);
                break;
            case "wrongShape":
                Replace(folder, BundleLayout.Policy, File.ReadAllBytes(Path.Combine(folder, BundleLayout.MentalReward)));
                break;
            case "empty":
                foreach (var file in Directory.GetFiles(folder))
                    File.Delete(file);
                break;
            default:
                break;
        }

        return Move(folder, registry, version);
    }

    /// <summary>Renames a finished bundle into the registry.</summary>
    public static string Move(string folder, string registry, int version)
    {
        var final = Path.Combine(registry, "default", $"{version}");
        Directory.CreateDirectory(Path.GetDirectoryName(final)!);
        Directory.Move(folder, final);
        return final;
    }

    private static float Weight(int version) => 1 + (version / 100f);

    private static BundleManifest Widened(BundleManifest manifest) => manifest with
    {
        Features = [.. manifest.Features, new FeatureDefinition("battery", FeatureKind.Context, FeatureType.Numeric, 50, 0, 100)],
        History = new HistoryLayout(9, ["click", "longView", "like"]),
    };

    // Passes every check of its files: only a run tells.
    private static string PublishNotANumber(string registry, int version)
    {
        var manifest = TestBundles.Manifest(version: $"{version}") with { Created = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(version) };
        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, GraphContract.Candidates, manifest.Tasks.Count);
        FusionGraphs.Fuse(graph, manifest.Tasks, manifest.Fusion, scores, graph.Initializer("fixedAction", [1, float.NaN, 3], 1, 3), actionPerCandidate: false);
        return BundleWriter.Write(registry, manifest, TestBundles.Parts(manifest) with { Policy = graph });
    }

    // The manifest vouches for the bytes.
    private static void Replace(string folder, string file, byte[] bytes)
    {
        File.WriteAllBytes(Path.Combine(folder, file), bytes);
        var path = Path.Combine(folder, BundleLayout.Manifest);
        var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestJson.Default.BundleManifest)!;
        manifest = manifest with
        {
            Files = manifest.Files.ToDictionary(
                pair => pair.Key, pair => pair.Key == file ? pair.Value with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) } : pair.Value),
        };
        File.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.BundleManifest));
    }
}
