using System.Security.Cryptography;
using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Testing;

namespace MTRec.Inference.Tests;

/// <summary>A published bundle to damage.</summary>
internal sealed class TamperedBundle : IDisposable
{
    private readonly TemporaryFolder _registry = new();

    public TamperedBundle(Func<BundleManifest, BundleManifest>? manifest = null, Func<BundleManifest, BundleParts, BundleParts>? parts = null)
    {
        var described = manifest is null ? TestBundles.Manifest() : manifest(TestBundles.Manifest());
        var written = TestBundles.Parts(described);
        Folder = BundleWriter.Write(_registry.Path, described, parts is null ? written : parts(described, written));
    }

    public string Folder { get; }

    public string this[string file] => Path.Combine(Folder, file);

    public BundleManifest Manifest
    {
        get => JsonSerializer.Deserialize(File.ReadAllBytes(this[BundleLayout.Manifest]), ManifestJson.Default.BundleManifest)!;
        set => File.WriteAllBytes(this[BundleLayout.Manifest], JsonSerializer.SerializeToUtf8Bytes(value, ManifestJson.Default.BundleManifest));
    }

    /// <summary>Puts bytes in a file's place and lets the manifest vouch for them.</summary>
    public void Replace(string file, byte[] bytes)
    {
        File.WriteAllBytes(this[file], bytes);
        Describe(file, described => described with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) });
    }

    public void Describe(string file, Func<BundleFile, BundleFile> change)
    {
        var manifest = Manifest;
        Manifest = manifest with
        {
            Files = manifest.Files.ToDictionary(pair => pair.Key, pair => pair.Key == file ? change(pair.Value) : pair.Value),
        };
    }

    /// <summary>The reasons for which the bundle is refused.</summary>
    public IReadOnlyList<string> Reasons() => Xunit.Assert.Throws<BundleRefusedException>(() => Bundle.Load(Folder).Dispose()).Reasons;

    public void Dispose() => _registry.Dispose();
}
