using System.Diagnostics.Metrics;
using MTRec.Serving.Bundles;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Operations;

/// <summary>
/// The time between the signal to end and the end of listening. The service says that it is not ready and goes on answering, each answer with
/// <c>Connection: close</c>, until whoever balances has noticed. Then Kestrel stops listening and lets the calls that run finish.
/// </summary>
internal sealed partial class Drain : IHostedLifecycleService
{
    private readonly ServiceOptions _options;
    private readonly BundleHost _bundles;
    private readonly TimeProvider _time;
    private readonly ILogger<Drain> _logger;
    private volatile bool _isDraining;

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

/// <summary>While the service ends, asks every caller to connect elsewhere.</summary>
internal sealed class DrainMiddleware(RequestDelegate next, Drain drain)
{
    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        // HTTP/2 has no such header; its connections are told by Kestrel when it stops.
        if (drain.IsDraining && HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.OnStarting(static response => { ((HttpResponse)response).Headers.Connection = "close"; return Task.CompletedTask; }, context.Response);
        return next(context);
    }
}
