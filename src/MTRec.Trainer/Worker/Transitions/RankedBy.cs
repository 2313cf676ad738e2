using System.Text.Json;
using MTRec.Core.Bundles;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>What the bundles were that ranked, by the names that exposures carry.</summary>
/// <param name="registry">The registry's folder.</param>
internal sealed class RankedBy(string registry)
{
    private readonly Dictionary<string, BundleManifest?> _known = new(StringComparer.Ordinal);

    /// <summary>A bundle's manifest, read once; null where the registry has none to read.</summary>
    /// <param name="bundle">As name/version.</param>
    public BundleManifest? Manifest(string bundle)
    {
        if (!_known.TryGetValue(bundle, out var manifest))
            _known.Add(bundle, manifest = Read(bundle));
        return manifest;
    }

    private BundleManifest? Read(string bundle)
    {
        // The log is no place to take paths from.
        if (bundle.Split('/') is not [{ Length: > 0 } name, { Length: > 0 } version] || name.StartsWith('.') || version.StartsWith('.'))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(registry, name, version, BundleLayout.Manifest)), ManifestJson.Default.BundleManifest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
