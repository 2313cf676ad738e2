using MTRec.Serving.Http;
using MTRec.Telemetry;

namespace MTRec.Serving.Operations.Telemetry;

/// <summary><c>GET /metrics</c>.</summary>
internal sealed class MetricsEndpoint(PrometheusExporter exporter, TelemetryOptions options)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Shows all metrics as of now.</summary>
    /// <exception cref="RefusedException">They are not served, or cannot be collected.</exception>
    public IResult Get()
    {
        if (!options.Prometheus)
            throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "Metrics are not served: Telemetry:Prometheus is false."));
        var text = exporter.Read() ?? throw new RefusedException(Problem.Unavailable("The metrics cannot be collected.", Pause));
        return Results.Text(text, PrometheusText.MediaType);
    }
}
