using MTRec.Core.Features;
using MTRec.Inference;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Bundles;

/// <summary><c>GET /v1/bundles</c>.</summary>
internal sealed class BundlesEndpoint(BundleRegistry registry, BundleHost bundles)
{
    /// <summary>Shows the bundle in service and what the registry holds.</summary>
    public BundlesAnswer Get()
    {
        var active = bundles.Current?.Bundle;
        return new BundlesAnswer(active is null ? null : Describe(active), [.. registry.List().Select(listing => Describe(listing, active))]);
    }

    private static RegistryBundle Describe(BundleListing listing, Bundle? active)
    {
        var state = active is not null && listing.Directory == active.Directory ? "active" : listing.Reasons.Count > 0 ? "refused" : "available";
        return new RegistryBundle(listing.Name, listing.Version, state, listing.Created, listing.Reasons);
    }

    private static ActiveBundle Describe(Bundle bundle)
    {
        var manifest = bundle.Manifest;
        return new ActiveBundle(
            manifest.Name,
            manifest.Version,
            manifest.Created,
            CamelCase(manifest.Fusion.Formula),
            manifest.Fusion.Algorithm,
            [.. manifest.Tasks.Select(task => new ActiveBundleTask(task.Name, task.Min, task.Max, task.Unit))],
            [.. manifest.Features.Select(Describe)],
            bundle.HasTaskScores,
            bundle.HasMentalReward,
            [.. manifest.Provenance.Metrics.Select(m => new ActiveBundleMetric(m.Name, m.Split, m.Value, m.Low, m.High, m.Count))]);
    }

    private static ActiveBundleFeature Describe(FeatureDefinition feature) =>
        new(feature.Name, CamelCase(feature.Kind), CamelCase(feature.Type), feature.Min, feature.Max, feature.Default);

    private static string CamelCase<T>(T value)
        where T : struct, Enum =>
        char.ToLowerInvariant(value.ToString()[0]) + value.ToString()[1..];
}
