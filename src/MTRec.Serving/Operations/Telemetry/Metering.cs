using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MTRec.Serving.Operations.Telemetry;

/// <summary>Collects the service's, the server's and the runtime's meters from the start of the service to its end.</summary>
internal sealed class Metering : IHostedService, IDisposable
{
    /// <summary>The meter of all that is the service's own.</summary>
    public const string Meter = "MTRec.Serving";

    /// <summary>Bounds of a duration's buckets, in seconds: from 100 microseconds, where a rank call begins, to the request timeout.</summary>
    public static readonly double[] Durations = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly StoreMeters _stores;

    /// <summary>Begins to collect.</summary>
    public Metering(TelemetryOptions options, StoreMeters stores)
    {
        _stores = stores;
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("mtrec-serving", serviceVersion: typeof(Metering).Assembly.GetName().Version?.ToString(3)))
            .AddMeter(Meter, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddView("http.server.request.duration", new ExplicitBucketHistogramConfiguration { Boundaries = Durations });
        if (options.Prometheus)
        {
            builder.AddPrometheusExporter(exporter =>
            {
                exporter.ScrapeResponseCacheDurationMilliseconds = 0;
                exporter.ScopeInfoEnabled = false;
            });
        }

        if (options.OtlpEndpoint is { } endpoint)
        {
            builder.AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = endpoint;
                exporter.Protocol = options.OtlpProtocol;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)options.OtlpInterval.TotalMilliseconds;
            });
        }

        Provider = builder.Build();
    }

    /// <summary>All that is collected.</summary>
    public MeterProvider Provider { get; }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _stores.Show();
        return Task.CompletedTask;
    }

    /// <summary>Sends what was not sent yet.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        const int PatienceMs = 2000;
        return Task.Run(() => Provider.Shutdown(PatienceMs), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Dispose() => Provider.Dispose();
}
