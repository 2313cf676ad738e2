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
    private readonly RankedBy _bundles = new(registry);
    private readonly Dictionary<string, bool> _fits = new(StringComparer.Ordinal) { [$"{target.Name}/{target.Version}"] = true };
    private readonly Dictionary<string, bool> _sees = new(StringComparer.Ordinal) { [$"{target.Name}/{target.Version}"] = true };

    /// <summary>The reason why no policy can learn from it, or null.</summary>
    public DropReason? Of(ExposureEvent exposure)
    {
        if (exposure.Action is not { } action || exposure.Degraded.Contains(PolicyPart))
            return DropReason.NoPolicy;
        if (!Meets(_fits, exposure.Bundle, IsAlike))
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

    /// <summary>The reason why nothing can be learned of how its user responds, or null: that does not depend on who ranked, the features alone must be the same.</summary>
    public DropReason? OfResponses(ExposureEvent exposure)
    {
        if (!Meets(_sees, exposure.Bundle, other => SchemaKey.Of(other) == SchemaKey.Of(target)))
            return DropReason.OtherBundle;
        if (exposure.Context.Length != _schema.Context.Count || exposure.User.Length != _schema.User.Count || exposure.Order.Any(place => place < 0 || place >= exposure.ItemIds.Length))
            return DropReason.OtherShape;
        return exposure.Order.Length < options.ListSize ? DropReason.ShortList : null;
    }

    private bool Meets(Dictionary<string, bool> known, string bundle, Func<BundleManifest, bool> condition)
    {
        if (!known.TryGetValue(bundle, out var meets))
            known.Add(bundle, meets = _bundles.Manifest(bundle) is { } manifest && condition(manifest));
        return meets;
    }

    // The same number must mean the same: as an action, a score and a feature.
    private bool IsAlike(BundleManifest other) =>
        other.Fusion.Formula == target.Fusion.Formula
        && other.Fusion.Action.SequenceEqual(target.Fusion.Action)
        && (other.Fusion.Priors ?? []).SequenceEqual(target.Fusion.Priors ?? [])
        && other.Tasks.Select(task => (task.Name, task.Min, task.Max)).SequenceEqual(target.Tasks.Select(task => (task.Name, task.Min, task.Max)))
        && SchemaKey.Of(other) == SchemaKey.Of(target);
}
