using System.Diagnostics.Metrics;
using MTRec.Serving.Bundles;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Operations;

/// <summary>
/// How the service ends. From the signal on it says that it is not ready and goes on answering, until whoever balances has noticed. Then it stops
/// listening, and for a moment asks whoever still calls on an open connection to connect elsewhere (<see cref="LingeringListener"/>), so that Kestrel,
/// which then closes the connections that are idle and lets the calls that run finish, finds hardly any.
/// </summary>
internal sealed partial class Drain : IHostedLifecycleService
{
    private static readonly TimeSpan LongestLinger = TimeSpan.FromMilliseconds(500);

    private readonly ServiceOptions _options;
    private readonly BundleHost _bundles;
    private readonly TimeProvider _time;
    private readonly ILogger<Drain> _logger;
    private volatile bool _isDraining;
    private volatile bool _isLingering;

    /// <summary>Waits for the signal.</summary>
    public Drain(ServiceOptions options, BundleHost bundles, TimeProvider time, IMeterFactory meters, ILogger<Drain> logger)
    {
        _options = options;
        _bundles = bundles;
        _time = time;
        _logger = logger;
        meters.Create(Metering.Meter).CreateObservableGauge("mtrec.draining", () => _isDraining ? 1 : 0, "{bool}", "1 while the service ends and still answers.");
    }

    /// <summary>Whether the service has begun to end.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>Whether it does not listen any more, but still answers on connections that are open.</summary>
    public bool IsLingering => _isLingering;

    /// <summary>Leaves the callers on open connections a moment, where there is time for any.</summary>
    public async Task LingerAsync(CancellationToken cancellation)
    {
        _isLingering = true;
        var moment = _options.DrainTime < LongestLinger ? _options.DrainTime : LongestLinger;
        if (_isDraining && moment > TimeSpan.Zero)
            await Task.Delay(moment, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        // Without a bundle nobody was ever sent here.
        if (_options.DrainTime == TimeSpan.Zero || _bundles.Current is null)
            return;
        LogDraining(_options.DrainTime);
        await Task.Delay(_options.DrainTime, _time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(6010, LogLevel.Information, "The service ends: not ready from now on, it goes on answering for {DrainTime} until nobody sends any more")]
    private partial void LogDraining(TimeSpan drainTime);
}
