using MTRec.Serving.Http;

namespace MTRec.Serving.Operations.Telemetry;

/// <summary><c>GET /metrics</c>.</summary>
internal sealed class MetricsEndpoint(Metering metering, TelemetryOptions options, IServiceProvider services)
{
    // OpenTelemetry's endpoint has a middleware alone: a route of its own would be missing from the API's description.
    private readonly RequestDelegate? _scrape = options.Prometheus
        ? new ApplicationBuilder(services).UseOpenTelemetryPrometheusScrapingEndpoint(metering.Provider, _ => true, null, null, null).Build()
        : null;

    /// <summary>Shows all metrics as of now.</summary>
    /// <exception cref="RefusedException">They are not served.</exception>
    public Task GetAsync(HttpContext context) =>
        _scrape?.Invoke(context) ?? throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "Metrics are not served: Telemetry:Prometheus is false."));
}
