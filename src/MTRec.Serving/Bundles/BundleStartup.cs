using MTRec.Inference;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Bundles;

/// <summary>Loads the configured bundle, warms it and puts it into service. Where none may serve, the process says why and ends.</summary>
internal sealed partial class BundleStartup(
    BundleRegistry registry, BundleHost bundles, RegistryOptions options, WantedBundles wanted, WarmUp warmUp, IHostApplicationLifetime lifetime, ILogger<BundleStartup> logger)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Choose(stoppingToken) is { } served)
        {
            bundles.Serve(new BundleSnapshot(served, null, LoadWanted(served, stoppingToken), null));
            LogServing(served.Id, served.Bundle.Directory);
        }
        else
        {
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }

        return Task.CompletedTask;
    }

    private ServedBundle? Choose(CancellationToken cancellation)
    {
        var candidates = registry.List()
            .Where(listing => listing.Name == options.Bundle && (options.Version is null || listing.Version == options.Version))
            .ToArray();
        foreach (var listing in candidates)
        {
            if (TryLoad(listing) is { } bundle && Warm(new ServedBundle(bundle), cancellation) is { } served)
                return served;
        }

        LogNone(options.Bundle, options.Version ?? "(any version)", registry.Root, candidates.Length);
        return null;
    }

    private IEnumerable<ServedBundle> LoadWanted(ServedBundle active, CancellationToken cancellation)
    {
        foreach (var version in wanted.Versions)
        {
            if (version == active.Version)
                yield return active;
            else if (registry.Find(options.Bundle, version) is { } listing && TryLoad(listing) is { } bundle && Warm(new ServedBundle(bundle), cancellation) is { } served)
                yield return served;
        }
    }

    private Bundle? TryLoad(BundleListing listing)
    {
        var reasons = listing.Reasons;
        try
        {
            if (reasons.Count == 0)
                return Bundle.Load(listing.Directory);
        }
        catch (BundleRefusedException e)
        {
            // It has changed since it was listed.
            reasons = e.Reasons;
        }

        foreach (var reason in reasons)
            LogRefused($"{listing.Name}/{listing.Version}", reason);
        return null;
    }

    private ServedBundle? Warm(ServedBundle served, CancellationToken cancellation)
    {
        var reasons = warmUp.Run(served, cancellation);
        if (reasons.Count == 0)
            return served;
        foreach (var reason in reasons)
            LogRefused(served.Id, reason);
        served.Dispose();
        return null;
    }

    [LoggerMessage(4001, LogLevel.Information, "Serving bundle {Bundle} from {Directory}")]
    private partial void LogServing(string bundle, string directory);

    [LoggerMessage(4002, LogLevel.Error, "Bundle {Bundle} is refused: {Reason}")]
    private partial void LogRefused(string bundle, string reason);

    [LoggerMessage(4003, LogLevel.Critical, "No bundle {Name} {Version} in {Registry} may serve ({Refused} refused); the service ends")]
    private partial void LogNone(string name, string version, string registry, int refused);
}
