using MTRec.Serving.Bundles;

namespace MTRec.Serving.Operations;

/// <summary>Whether the service takes requests.</summary>
internal sealed class Readiness(BundleHost bundles, Drain drain, IHostApplicationLifetime lifetime)
{
    /// <summary>When to ask again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Why it does not; null where it does.</summary>
    public string? Obstacle =>
        drain.IsDraining || lifetime.ApplicationStopping.IsCancellationRequested ? "The service is stopping."
        : !lifetime.ApplicationStarted.IsCancellationRequested ? "The service is starting."
        : bundles.Current is null ? "No bundle is in service yet: it is being loaded and warmed, or the registry holds none yet."
        : null;
}
