using System.Text.Json;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Features;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>Says why an exposure cannot be learned from for a bundle.</summary>
/// <param name="registry">The registry's folder: it tells what an action meant to the bundle that ranked.</param>
/// <param name="target">The bundle that is learned for.</param>
/// <param name="options">How.</param>
internal sealed class ExposureFaults(string registry, BundleManifest target, TransitionOptions options)
{
    private const string PolicyPart = "policy";

    private readonly FeatureSchema _schema = target.Schema();
    private readonly Dictionary<string, bool> _fits = new(StringComparer.Ordinal) { [$"{target.Name}/{target.Version}"] = true };

    /// <summary>The reason, or null.</summary>
    public DropReason? Of(ExposureEvent exposure)
    {
        if (exposure.Action is not { } action || exposure.Degraded.Contains(PolicyPart))
            return DropReason.NoPolicy;
        if (!Fits(exposure.Bundle))
            return DropReason.OtherBundle;
        var (items, tasks, width) = (exposure.ItemIds.Length, target.Tasks.Count, target.Fusion.Action.Count);
        var isOnePerRequest = action.Length == width;
        if (exposure.Context.Length != _schema.Context.Count || exposure.User.Length != _schema.User.Count || exposure.Scores.Length != items * tasks
            || exposure.Order.Any(place => place < 0 || place >= items)
            || !(isOnePerRequest || (options.PerCandidate && action.Length == items * width))
            || (exposure.Exploration is { } drawn && (drawn.Baseline.Length != action.Length || drawn.Lower.Length != width || drawn.Upper.Length != width || drawn.LogDensity.Length != action.Length / width)))
        {
            return DropReason.OtherShape;
        }

        return exposure.Order.Length < options.ListSize || (options.PassedOver > 0 && items == options.ListSize) ? DropReason.ShortList : null;
    }

    private bool Fits(string bundle)
    {
        if (!_fits.TryGetValue(bundle, out var fits))
            _fits.Add(bundle, fits = Manifest(bundle) is { } manifest && IsAlike(manifest));
        return fits;
    }

    private BundleManifest? Manifest(string bundle)
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

    // The same number must mean the same: as an action, a score and a feature.
    private bool IsAlike(BundleManifest other) =>
        other.Fusion.Formula == target.Fusion.Formula
        && other.Fusion.Action.SequenceEqual(target.Fusion.Action)
        && (other.Fusion.Priors ?? []).SequenceEqual(target.Fusion.Priors ?? [])
        && other.Tasks.Select(task => (task.Name, task.Min, task.Max)).SequenceEqual(target.Tasks.Select(task => (task.Name, task.Min, task.Max)))
        && SchemaKey.Of(other) == SchemaKey.Of(target);
}
