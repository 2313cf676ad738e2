using MTRec.Serving.Bundles;

namespace MTRec.Serving.Operations;

/// <summary>
/// The time between the signal to end and the end of listening. The service says that it is not ready and goes on answering, each answer with
/// <c>Connection: close</c>, until whoever balances has noticed. Then Kestrel stops listening and lets the calls that run finish.
/// </summary>
internal sealed partial class Drain(ServiceOptions options, BundleHost bundles, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private volatile bool _isDraining;

    /// <summary>Whether the service has begun to end.</summary>
    public bool IsDraining => _isDraining;

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;
        // Without a bundle nobody was ever sent here.
        if (options.DrainTime == TimeSpan.Zero || bundles.Current is null)
            return;
        LogDraining(options.DrainTime);
        await Task.Delay(options.DrainTime, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
