using System.Diagnostics;
using MTRec.Inference;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Bundles;

/// <summary>From a bundle in the registry to a warm one that can serve, or to the reasons why it must not.</summary>
internal sealed partial class BundleIntake(BundleRegistry registry, WarmUp warmUp, BundleMeters meters, ILogger<BundleIntake> logger)
{
    private bool _warm;

    /// <summary>Loads, verifies and warms a bundle. A refusal is remembered, logged and counted.</summary>
    /// <returns>Null where it is refused.</returns>
    public ServedBundle? TryLoad(BundleListing listing, out IReadOnlyList<string> reasons, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        ServedBundle? served = null;
        try
        {
            // The first is waited for; later ones have time, and whoever is answered meanwhile has not.
            Action? rest = _warm ? new Pace().Rest : null;
            served = new ServedBundle(registry.Open(listing, rest));
            reasons = warmUp.Run(served, first: !_warm, cancellation, rest);
            if (reasons.Count == 0)
            {
                _warm = true;
                var elapsed = Stopwatch.GetElapsedTime(start);
                meters.Loaded(elapsed);
                LogLoaded(listing.Name, listing.Version, elapsed.TotalMilliseconds);
                return served;
            }

            registry.Refuse(listing, reasons);
        }
        catch (BundleRefusedException e)
        {
            reasons = e.Reasons;
        }
#pragma warning disable CA1031 // Whatever a bundle does to its loader, the one in service stays.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogUnforeseen(e, listing.Name, listing.Version);
            reasons = [$"it cannot be loaded: {e.Message}"];
            registry.Refuse(listing, reasons);
        }

        served?.Dispose();
        Report(listing, reasons);
        return null;
    }

    /// <summary>Verifies a bundle that is not to serve now, so that its state is known before it is.</summary>
    /// <returns>Whether it may serve.</returns>
    public bool Verify(BundleListing listing)
    {
        var reasons = registry.Verify(listing);
        if (reasons.Count > 0)
            Report(listing, reasons);
        return reasons.Count == 0;
    }

    private void Report(BundleListing listing, IReadOnlyList<string> reasons)
    {
        meters.Refused();
        foreach (var reason in reasons)
            LogRefused(listing.Name, listing.Version, reason);
    }

    [LoggerMessage(4010, LogLevel.Information, "Bundle {Name}/{Version} is loaded and warm after {Milliseconds:0} ms")]
    private partial void LogLoaded(string name, string version, double milliseconds);

    [LoggerMessage(4002, LogLevel.Error, "Bundle {Name}/{Version} is refused: {Reason}")]
    private partial void LogRefused(string name, string version, string reason);

    [LoggerMessage(4004, LogLevel.Error, "Bundle {Name}/{Version} made its loader fail")]
    private partial void LogUnforeseen(Exception exception, string name, string version);
}
