using System.Net;
using System.Text;
using MTRec.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace MTRec.Trainer.Worker.Metrics;

/// <summary>
/// Shows the worker's and the runtime's meters: in Prometheus' text format at <c>/metrics</c> of an address, beside <c>/health/live</c> and <c>/health/ready</c>, and by OTLP, each where asked for.
/// </summary>
internal sealed class WorkerMetering : IAsyncDisposable
{
    private static readonly string[] AnyHost = ["0.0.0.0", "[::]", "*", "+"];

    private readonly PrometheusExporter _prometheus = new();
    private readonly MeterProvider _provider;
    private readonly HttpListener? _listener;
    private readonly WorkerHealth _health;
    private readonly Task _answering = Task.CompletedTask;

    /// <summary>Begins.</summary>
    /// <param name="url">Where to listen, such as <c>http://127.0.0.1:9464</c>; the host 0.0.0.0 stands for all addresses. Null for nowhere.</param>
    /// <param name="collector">A collector that metrics are sent to by OTLP over gRPC, such as <c>http://collector:4317</c>; null for none.</param>
    /// <param name="health">What health is answered by.</param>
    /// <exception cref="HttpListenerException">The address is taken, or none of this machine.</exception>
    public WorkerMetering(Uri? url, Uri? collector, WorkerHealth health)
    {
        _health = health;
        var builder = Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(resource => resource.AddService("mtrec-worker", serviceVersion: typeof(WorkerMetering).Assembly.GetName().Version?.ToString(3)))
            .AddMeter(WorkerMeters.MeterName, "System.Runtime");
        if (url is not null)
            builder.AddReader(new BaseExportingMetricReader(_prometheus));
        if (collector is not null)
            builder.AddOtlpExporter(exporter => exporter.Endpoint = collector);
        _provider = builder.Build();
        if (url is null)
            return;
        _listener = new HttpListener();
        _listener.Prefixes.Add($"http://{(AnyHost.Contains(url.Host) ? "+" : url.Host)}:{url.Port}/");
        _listener.Start();
        _answering = Task.Run(AnswerAsync);
    }

    /// <summary>Stops listening and sends what was not sent yet.</summary>
    public async ValueTask DisposeAsync()
    {
        const int PatienceMs = 2000;
        _listener?.Stop();
        await _answering;
        _listener?.Close();
        _provider.Shutdown(PatienceMs);
        _provider.Dispose();
        _prometheus.Dispose();
    }

    private async Task AnswerAsync()
    {
        while (_listener!.IsListening)
        {
            try
            {
                Answer(await _listener.GetContextAsync());
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The caller has gone, or the listener is stopped.
            }
        }
    }

    // One after the other: a scrape takes milliseconds.
    private void Answer(HttpListenerContext call)
    {
        var (status, text, type) = call.Request is not { HttpMethod: "GET" or "HEAD", Url.AbsolutePath: var path }
            ? (HttpStatusCode.MethodNotAllowed, "Only GET is answered.\n", Plain)
            : path switch
            {
                "/metrics" => _prometheus.Read() is { } metrics ? (HttpStatusCode.OK, metrics, PrometheusText.MediaType) : (HttpStatusCode.ServiceUnavailable, "The metrics cannot be collected.\n", Plain),
                "/health/live" => (HttpStatusCode.OK, "live\n", Plain),
                "/health/ready" => _health.Fault is { } fault ? (HttpStatusCode.ServiceUnavailable, $"not ready: {fault}\n", Plain) : (HttpStatusCode.OK, "ready\n", Plain),
                _ => (HttpStatusCode.NotFound, "There is /metrics, /health/live and /health/ready.\n", Plain),
            };
        var bytes = Encoding.UTF8.GetBytes(text);
        using var answer = call.Response;
        (answer.StatusCode, answer.ContentType, answer.ContentLength64) = ((int)status, type, bytes.Length);
        if (call.Request.HttpMethod != "HEAD")
            answer.OutputStream.Write(bytes);
    }

    private const string Plain = "text/plain; charset=utf-8";
}
