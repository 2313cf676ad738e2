using OpenTelemetry.Exporter;

namespace MTRec.Serving.Operations.Telemetry;

/// <summary>Where metrics and traces go: section <c>Telemetry</c>.</summary>
internal sealed class TelemetryOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Telemetry";

    /// <summary>Whether <c>GET /metrics</c> is served, in Prometheus' text format. Default true.</summary>
    public bool Prometheus { get; set; } = true;

    /// <summary>
    /// A collector that metrics are sent to by OTLP, such as <c>http://collector:4317</c>; for HttpProtobuf with the path, such as
    /// <c>http://collector:4318/v1/metrics</c>. Default none: nothing is sent.
    /// </summary>
    public Uri? OtlpEndpoint { get; set; }

    /// <summary>Grpc or HttpProtobuf. Default Grpc.</summary>
    public OtlpExportProtocol OtlpProtocol { get; set; } = OtlpExportProtocol.Grpc;

    /// <summary>Time between two sendings, 1 second to 1 hour. Default 1 minute.</summary>
    public TimeSpan OtlpInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (OtlpEndpoint is not null && (!OtlpEndpoint.IsAbsoluteUri || OtlpEndpoint.Scheme is not ("http" or "https")))
            yield return $"OtlpEndpoint must be an http or https address, not {OtlpEndpoint}.";
        if (OtlpProtocol is not (OtlpExportProtocol.Grpc or OtlpExportProtocol.HttpProtobuf))
            yield return "OtlpProtocol must be Grpc or HttpProtobuf.";
        if (OtlpInterval < TimeSpan.FromSeconds(1) || OtlpInterval > TimeSpan.FromHours(1))
            yield return $"OtlpInterval must be from 1 second to 1 hour, not {OtlpInterval}.";
    }
}
