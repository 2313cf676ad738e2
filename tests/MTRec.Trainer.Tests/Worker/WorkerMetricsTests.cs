using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using MTRec.Trainer.Worker.Metrics;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class WorkerMetricsTests : IDisposable
{
    private readonly WorkerBench _bench = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public void Dispose()
    {
        _http.Dispose();
        _bench.Dispose();
    }

    [Fact]
    public async Task Metrics_and_health_tell_of_the_intake_the_window_and_the_cycles()
    {
        Assert.NotEmpty(_bench.Bundle);
        Append(_bench.EventFile("events-20260131-0001.jsonl"), [.. Enumerable.Range(0, 60).SelectMany(user => Visit($"u-{user}", Start.AddMinutes(user), 5))]);
        Append(_bench.EventFile("events-20260131-0001.jsonl"), "this is no event\n"u8.ToArray());
        var url = $"http://127.0.0.1:{FreePort.Find()}";
        using var worker = Mtrec.Start([.. Arguments(url), "--algorithm", "iql", "--updates", "1", "--min-explored", "100000", "--min-exposures", "300"]);

        await Eventually.TrueAsync(async () => await StatusAsync($"{url}/health/ready") == HttpStatusCode.OK, worker);
        await Eventually.TrueAsync(async () => (await ScrapeAsync(url)).GetValueOrDefault("mtrec_worker_cycles_total{outcome=\"refused\"}") == 1, worker);
        var metrics = await ScrapeAsync(url);

        Assert.Equal(601, metrics["mtrec_worker_entries_total"]);
        Assert.Equal(1, metrics["mtrec_worker_entries_damaged_total"]);
        Assert.Equal(0, metrics["mtrec_worker_entries_missed_total"]);
        Assert.Equal(300, metrics["mtrec_worker_events_total{kind=\"exposure\",outcome=\"received\"}"]);
        Assert.Equal(0, metrics["mtrec_worker_events_total{kind=\"feedback\",outcome=\"forgotten\"}"]);
        Assert.Equal(300, metrics["mtrec_worker_window_events{kind=\"feedback\"}"]);
        Assert.True(metrics["mtrec_worker_window_bytes"] > 10_000);
        Assert.Equal(0, metrics["mtrec_worker_forgets_pending"]);
        Assert.Equal(0, metrics["mtrec_worker_lag_seconds"]);
        Assert.Equal((0.0, 0.0, 0.0), (metrics["mtrec_worker_cycles_total{outcome=\"failed\"}"], metrics["mtrec_worker_cycles_total{outcome=\"published\"}"], metrics["mtrec_worker_cycles_total{outcome=\"rolledBack\"}"]));
        Assert.Equal(0, metrics["mtrec_worker_cycle_running"]);
        Assert.True(metrics["mtrec_worker_cycle_time_seconds_total"] > 0);
        // The stamp has fractions, the bounds whole seconds.
        Assert.InRange(metrics["mtrec_worker_cycle_decided_timestamp_seconds"], DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeSeconds());
        Assert.InRange(metrics["mtrec_worker_step_timestamp_seconds"], DateTimeOffset.UtcNow.AddMinutes(-1).ToUnixTimeSeconds(), DateTimeOffset.UtcNow.AddSeconds(1).ToUnixTimeSeconds());

        // What became of the window's exposures adds up.
        Assert.Equal(300, metrics.Where(sample => sample.Key.StartsWith("mtrec_worker_cycle_exposures{", StringComparison.Ordinal)).Sum(sample => sample.Value));
        Assert.Contains(metrics, sample => sample.Key.StartsWith("dotnet_", StringComparison.Ordinal));

        // A deletion waits for its erasure, which is made every minute.
        Append(_bench.EventFile("events-20260131-0001.jsonl"), [new ForgetEvent { UserId = "u-1", Received = Start.AddDays(1) }]);
        await Eventually.TrueAsync(async () => (await ScrapeAsync(url))["mtrec_worker_forgets_pending"] == 1, worker);

        // Another worker waits: it lives and is not ready.
        var second = $"http://127.0.0.1:{FreePort.Find()}";
        using (var waiting = Mtrec.Start(Arguments(second)))
        {
            await Eventually.TrueAsync(async () => await StatusAsync($"{second}/health/live") == HttpStatusCode.OK, waiting);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await StatusAsync($"{second}/health/ready"));
            waiting.Signal("TERM");
            Assert.True(await waiting.EndAsync() == 0, waiting.Said);
        }

        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync($"{url}/other"));
        var taken = await Mtrec.RunAsync([.. Arguments(url)]);
        Assert.Equal(1, taken.ExitCode);
        Assert.Contains(url, taken.Error, StringComparison.Ordinal);
        worker.Signal("TERM");
        Assert.True(await worker.EndAsync() == 0, worker.Said);
    }

    [Fact]
    public async Task What_was_measured_reaches_a_collector_by_OTLP_before_the_worker_ends()
    {
        Assert.NotEmpty(_bench.Bundle);
        Append(_bench.EventFile("events-20260131-0001.jsonl"), [.. Visit("u-1", Start, 5)]);
        await using var collector = await Collector.StartAsync();
        var url = $"http://127.0.0.1:{FreePort.Find()}";
        using var worker = Mtrec.Start([.. Arguments(url), "--otlp-endpoint", collector.Address]);
        await Eventually.TrueAsync(async () => await StatusAsync($"{url}/health/ready") == HttpStatusCode.OK, worker);
        worker.Signal("TERM");

        Assert.True(await worker.EndAsync() == 0, worker.Said);
        Assert.Contains("mtrec-worker", collector.Received, StringComparison.Ordinal);
        Assert.Contains("mtrec.worker.entries", collector.Received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_said_and_ends_the_worker()
    {
        // Kept for documentation (RFC 5737): nobody's.
        var result = await Mtrec.RunAsync([.. Arguments("http://192.0.2.1:9464")]);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith("mtrec: http://192.0.2.1:9464", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metrics-url", "https://127.0.0.1:9464")]
    [InlineData("--metrics-url", "9464")]
    [InlineData("--otlp-endpoint", "ftp://collector")]
    public async Task What_is_no_address_is_wrong_usage(string option, string value)
    {
        var result = await Mtrec.RunAsync([.. Arguments(null), option, value]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_log_that_was_not_read_for_a_minute_is_told_by_readiness_and_a_batch_of_old_events_by_the_lag()
    {
        var clock = new SetTime(Start);
        var (health, intake) = (new WorkerHealth(clock), new IntakeProgress(clock));
        Assert.NotNull(health.Fault);
        health.Begin(intake);
        Assert.NotNull(health.Fault);
        intake.Step(100, Start.AddMinutes(-7));
        Assert.Equal((null, TimeSpan.FromMinutes(7)), (health.Fault, intake.Lag));
        clock.Now = Start.AddMinutes(2);
        intake.Fail();
        Assert.NotNull(health.Fault);
        intake.Step(0, Start.AddMinutes(-7));
        Assert.Equal((null, TimeSpan.Zero, 1), (health.Fault, intake.Lag, intake.Failures));
    }

    private string[] Arguments(string? url) =>
    [
        "worker", "--events", _bench.Events, "--registry", _bench.Registry, "--state", _bench.State, "--parts", $"{_bench.Parts}",
        .. url is null ? [] : new[] { "--metrics-url", url },
    ];

    private async Task<HttpStatusCode?> StatusAsync(string url)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(url));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private async Task<Dictionary<string, double>> ScrapeAsync(string url) => (await _http.GetStringAsync(new Uri($"{url}/metrics")))
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line[0] != '#')
        .ToDictionary(line => line[..line.LastIndexOf(' ')].Replace("{}", "", StringComparison.Ordinal), line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Takes what is exported by OTLP over gRPC, and keeps it as it came.</summary>
    private sealed class Collector(WebApplication app, StringBuilder received) : IAsyncDisposable
    {
        public string Address => app.Urls.Single();

        public string Received => received.ToString();

        public static async Task<Collector> StartAsync()
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
            builder.Services.AddRoutingCore();
            var app = builder.Build();
            var received = new StringBuilder();
            app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", async call =>
            {
                using var body = new MemoryStream();
                await call.Request.Body.CopyToAsync(body);
                received.Append(Encoding.Latin1.GetString(body.ToArray()));
                call.Response.ContentType = "application/grpc";
                // An empty message, not compressed.
                await call.Response.Body.WriteAsync(new byte[5]);
                call.Response.AppendTrailer("grpc-status", "0");
            });
            await app.StartAsync();
            return new Collector(app, received);
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }

    private sealed class SetTime(DateTimeOffset start) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = start;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
