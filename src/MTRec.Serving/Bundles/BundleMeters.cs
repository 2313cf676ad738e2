using System.Diagnostics.Metrics;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Bundles;

/// <summary>Measures what happens to bundles.</summary>
internal sealed class BundleMeters
{
    private readonly Counter<long> _swaps;
    private readonly Counter<long> _refusals;
    private readonly Histogram<double> _loads;

    /// <summary>Measures the bundles of <paramref name="host"/>.</summary>
    public BundleMeters(IMeterFactory meters, BundleHost host)
    {
        var meter = meters.Create(Metering.Meter);
        _swaps = meter.CreateCounter<long>("mtrec.bundle.swaps", "{swap}", "Changes of the active bundle, by cause.");
        _refusals = meter.CreateCounter<long>("mtrec.bundle.refusals", "{bundle}", "Bundles that were refused, or refused again after a change.");
        _refusals.Add(0);
        _loads = meter.CreateHistogram(
            "mtrec.bundle.load.duration", "s", "Time to load, verify and warm a bundle.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });
        meter.CreateObservableGauge("mtrec.bundle.loaded", () => Loaded(host.Snapshot), "{bundle}", "1 for each loaded bundle and role: active, previous, variant, shadow.");
    }

    /// <summary>Counts a change of the active bundle.</summary>
    public void Swapped(SwapCause cause) => _swaps.Add(1, KeyValuePair.Create("cause", (object?)cause.ToString().ToLowerInvariant()));

    /// <summary>Counts a refused bundle.</summary>
    public void Refused() => _refusals.Add(1);

    /// <summary>Measures a load that went well.</summary>
    public void Loaded(TimeSpan duration) => _loads.Record(duration.TotalSeconds);

    private static IEnumerable<Measurement<int>> Loaded(BundleSnapshot snapshot) =>
        snapshot.All.SelectMany(served => snapshot.RolesOf(served).Select(role => new Measurement<int>(
            1,
            KeyValuePair.Create("name", (object?)served.Bundle.Manifest.Name),
            KeyValuePair.Create("version", (object?)served.Version),
            KeyValuePair.Create("role", (object?)role))));
}

/// <summary>Why the active bundle changed.</summary>
internal enum SwapCause
{
    /// <summary>The service started.</summary>
    Start,

    /// <summary>A newer bundle was published.</summary>
    Follow,

    /// <summary>A request asked for the version.</summary>
    Activate,

    /// <summary>A request asked for the previous one.</summary>
    Rollback,

    /// <summary>A request has asked another replica, which shares the registry.</summary>
    Shared,
}
