using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MTRec.Trainer.Worker.Metrics;

/// <summary>
/// Shows the worker's and the runtime's meters: in Prometheus' text format at <c>/metrics</c> of an address, beside <c>/health/live</c> and <c>/health/ready</c>, and by OTLP, each where asked for.
/// </summary>
internal sealed class WorkerMetering : IAsyncDisposable
{
    private const int PatienceMs = 2000;

    private readonly MeterProvider _provider;
    private readonly WebApplication? _app;

    private WorkerMetering(MeterProvider provider, WebApplication? app, WorkerHealth health) => (_provider, _app, Health) = (provider, app, health);

    /// <summary>What health is answered by.</summary>
    public WorkerHealth Health { get; }

    /// <summary>Begins.</summary>
    /// <param name="url">Where to listen, such as <c>http://127.0.0.1:9464</c>; the host 0.0.0.0 stands for all addresses. Null for nowhere.</param>
    /// <param name="collector">A collector that metrics are sent to by OTLP over gRPC, such as <c>http://collector:4317</c>; null for none.</param>
    /// <param name="health">What health is answered by.</param>
    /// <exception cref="AddressException">The address is taken, or none of this machine.</exception>
    public static async Task<WorkerMetering> StartAsync(Uri? url, Uri? collector, WorkerHealth health)
    {
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("mtrec-worker", serviceVersion: typeof(WorkerMetering).Assembly.GetName().Version?.ToString(3)))
            .AddMeter(WorkerMeters.MeterName, "System.Runtime");
        if (url is not null)
        {
            builder.AddPrometheusExporter(exporter =>
            {
                exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                exporter.ScopeInfoEnabled = false;
            });
        }

        if (collector is not null)
            builder.AddOtlpExporter(exporter => exporter.Endpoint = collector);
        var provider = builder.Build();
        if (url is null)
            return new WorkerMetering(provider, null, health);

        var app = Listen(url, provider, health);
        try
        {
            await app.StartAsync();
            return new WorkerMetering(provider, app, health);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await app.DisposeAsync();
            provider.Dispose();
            throw new AddressException($"{url}: {e.Message}", e);
        }
    }

    /// <summary>Sends what was not sent yet; to be called while there are meters to read.</summary>
    public void Flush() => _provider.ForceFlush(PatienceMs);

    /// <summary>Stops listening and sending.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        _provider.Shutdown(PatienceMs);
        _provider.Dispose();
    }

    // Empty: neither files nor variables that are there for other programs set it up, and it says nothing.
    private static WebApplication Listen(Uri url, MeterProvider provider, WorkerHealth health)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls(url.GetLeftPart(UriPartial.Authority));
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        app.MapPrometheusScrapingEndpoint("/metrics", provider, null, null);
        app.MapMethods("/health/live", methods, call => call.Response.WriteAsync("live\n"));
        app.MapMethods("/health/ready", methods, call =>
        {
            var fault = health.Fault;
            call.Response.StatusCode = fault is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return call.Response.WriteAsync(fault is null ? "ready\n" : $"not ready: {fault}\n");
        });
        return app;
    }

    /// <summary>The address cannot be listened at; the message names it and says why.</summary>
    public sealed class AddressException(string message, Exception inner) : Exception(message, inner);
}
