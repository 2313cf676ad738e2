using System.Diagnostics;
using MTRec.Inference;
using MTRec.Serving.Bundles.Shadow;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Bundles;

/// <summary>
/// Loads the first bundles, and ends the process where all are refused; where there is none yet it waits for one. Then watches the registry, and what variants and the shadow ask for,
/// and has each change looked at; a bad one leaves in service what is there.
/// </summary>
internal sealed partial class BundleWatch(
    BundleSwitch bundles,
    BundleIntake intake,
    LoadingThread thread,
    BundleRegistry registry,
    WantedBundles wanted,
    LiveOptions<ShadowOptions> shadow,
    RegistryOptions options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<BundleWatch> logger) : BackgroundService
{
    // A bundle that is copied file by file is looked at when the copier pauses.
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(100);

    private readonly Bell _bell = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        NativeHeap.ReturnLargeBlocks();

        // Before the first look, so that no change falls between.
        using var files = WatchFiles();
        wanted.Changed += _bell.Ring;
        shadow.Changed += _bell.Ring;
        try
        {
            var status = await bundles.ReconcileAsync(stoppingToken);
            if (status.Snapshot.Active is null)
            {
                // One that is refused has to be mended by somebody; one that is not there yet may be on its way.
                var version = options.Version ?? "(any version)";
                if (status.Listings.Any(listing => listing.Name == options.Bundle && (options.Version ?? listing.Version) == listing.Version))
                {
                    LogNone(options.Bundle, version, registry.Root, status.Listings.Count(listing => listing.IsRefused));
                    Environment.ExitCode = 1;
                    lifetime.StopApplication();
                    return;
                }

                LogMissing(registry.Root, options.Bundle, version);
            }

            while (true)
            {
                if (!await VerifySomeAsync(stoppingToken))
                    await WaitAsync(stoppingToken);
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the service.
        }
        finally
        {
            wanted.Changed -= _bell.Ring;
            shadow.Changed -= _bell.Ring;
        }
    }

    private FileSystemWatcher? WatchFiles()
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(registry.Root)
            {
                IncludeSubdirectories = true,
                NotifyFilter = NotifyFilters.DirectoryName | NotifyFilters.FileName | NotifyFilters.LastWrite,
            };
            watcher.Created += (_, _) => _bell.Ring();
            watcher.Changed += (_, _) => _bell.Ring();
            watcher.Renamed += (_, _) => _bell.Ring();
            watcher.Deleted += (_, _) => _bell.Ring();
            watcher.Error += (_, e) =>
            {
                LogNotWatched(e.GetException());
                _bell.Ring();
            };
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or PlatformNotSupportedException)
        {
            // No such folder, or no more watches: the poll sees everything, only later.
            LogNotWatched(e);
            watcher?.Dispose();
            return null;
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await bundles.ReconcileAsync(cancellation);
        }
#pragma warning disable CA1031 // The watch outlives whatever goes wrong in one look.
        catch (Exception e) when (!cancellation.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogLookFailed(e);
        }
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        if (!await _bell.WaitAsync(options.PollInterval, time, cancellation))
            return;
        var start = time.GetTimestamp();
        while (time.GetElapsedTime(start) < options.PollInterval && await _bell.WaitAsync(Quiet, time, cancellation))
        {
            // It still rings.
        }
    }

    /// <summary>Verifies bundles that are not to serve now, with half of one core, until there is something else to do.</summary>
    /// <returns>Whether any was.</returns>
    private async Task<bool> VerifySomeAsync(CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var any = false;
        foreach (var listing in bundles.Status.Unverified)
        {
            var begin = Stopwatch.GetTimestamp();
            await thread.RunAsync(() => intake.Verify(listing));
            any = true;
            if (time.GetElapsedTime(start) > options.PollInterval || await _bell.WaitAsync(Stopwatch.GetElapsedTime(begin), time, cancellation))
                break;
        }

        return any;
    }

    [LoggerMessage(4003, LogLevel.Critical, "No bundle {Name} {Version} in {Registry} may serve ({Refused} refused); the service ends")]
    private partial void LogNone(string name, string version, string registry, int refused);

    [LoggerMessage(4012, LogLevel.Warning, "The registry {Registry} holds no bundle {Name} {Version} yet; the service is not ready until one comes")]
    private partial void LogMissing(string registry, string name, string version);

    [LoggerMessage(4008, LogLevel.Warning, "The file system does not tell of changes in the registry; it is polled alone")]
    private partial void LogNotWatched(Exception exception);

    [LoggerMessage(4009, LogLevel.Error, "A look at the registry failed; what is in service stays")]
    private partial void LogLookFailed(Exception exception);
}
