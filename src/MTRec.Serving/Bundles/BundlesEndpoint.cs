using System.Diagnostics;
using MTRec.Core.Features;
using MTRec.Inference;
using MTRec.Serving.Bundles.Shadow;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Bundles;

/// <summary><c>GET /v1/bundles</c>, <c>POST /v1/bundles/{version}/activate</c> and <c>POST /v1/bundles/rollback</c>.</summary>
internal sealed class BundlesEndpoint(BundleSwitch bundles, ShadowScorer shadow, RegistryOptions options)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Shows the bundles in service and what the registry holds. Waits a little for a change or a verification under way.</summary>
    public async Task<BundlesAnswer> GetAsync(CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        while (!bundles.IsSettled && Stopwatch.GetElapsedTime(start) < LongestWait)
            await Task.Delay(Pause, cancellation);
        return Describe(bundles.Status);
    }

    /// <summary>Puts a version into service.</summary>
    /// <exception cref="RefusedException">404 unknown, 409 refused, 503 nothing is in service yet.</exception>
    public async Task<BundlesAnswer> ActivateAsync(string version, CancellationToken cancellation) =>
        Describe(await bundles.ActivateAsync(version, cancellation));

    /// <summary>Puts the version that was active before into service.</summary>
    /// <exception cref="RefusedException">409 there is none, or it is refused; 503 nothing is in service yet.</exception>
    public async Task<BundlesAnswer> RollBackAsync(CancellationToken cancellation) => Describe(await bundles.RollBackAsync(cancellation));

    private BundlesAnswer Describe(BundleStatus status)
    {
        var listed = status.Listings.Select(listing => Describe(listing, status));
        var withdrawn = status.Snapshot.All.Where(served => status.Withdrawn.Contains(served.Version)).Select(served => DescribeWithdrawn(served, status.Snapshot));
        var missing = status.Unserved.Where(version => !status.Listings.Any(listing => IsOwn(listing) && listing.Version == version))
            .Select(version => new RegistryBundle(options.Bundle, version, "missing", [], false, null, null, ["It is asked for and the registry does not hold it."]));
        return new BundlesAnswer(
            status.Snapshot.Active is { } active ? Describe(active.Bundle) : null,
            status.Previous,
            options.Follows,
            status.Fault,
            [.. listed, .. withdrawn, .. missing],
            shadow.Report);
    }

    private RegistryBundle Describe(BundleListing listing, BundleStatus status)
    {
        var served = IsOwn(listing) ? status.Snapshot.Find(listing.Version) : null;
        var state = served is not null ? StateOf(served, status.Snapshot)
            : listing.IsRefused ? "refused"
            : listing.Reasons is null ? "unchecked"
            : "available";
        string[] roles = served is null ? [] : [.. status.Snapshot.RolesOf(served)];
        var heldBack = IsOwn(listing) && status.HeldBack.Contains(listing.Version);
        return new RegistryBundle(listing.Name, listing.Version, state, roles, heldBack, listing.Created, listing.Digest, listing.Reasons ?? []);
    }

    private static RegistryBundle DescribeWithdrawn(ServedBundle served, BundleSnapshot snapshot) => new(
        served.Bundle.Manifest.Name,
        served.Version,
        StateOf(served, snapshot),
        [.. snapshot.RolesOf(served)],
        false,
        served.Bundle.Manifest.Created,
        served.Bundle.Digest,
        ["It is no longer in the registry."]);

    private static string StateOf(ServedBundle served, BundleSnapshot snapshot) => served == snapshot.Active ? "active" : "loaded";

    private bool IsOwn(BundleListing listing) => listing.Name == options.Bundle;

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
