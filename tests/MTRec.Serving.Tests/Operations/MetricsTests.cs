using System.Net;
using System.Text;
using MTRec.Serving.Access;
using MTRec.Serving.Tests.Access;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Operations;

public sealed class MetricsTests
{
    // A process of its own: meters belong to the process, and other tests run in this one.
    [Fact(Timeout = 240_000)]
    public async Task What_the_service_does_shows_in_its_metrics()
    {
        using var service = await ServiceProcess.StartAsync();
        const int Calls = 5;
        for (var i = 0; i < Calls; i++)
            await PostAsync(service, "/v1/rank", Requests.Rows().ToJsonString(), HttpStatusCode.OK);
        await PostAsync(service, "/v1/rank", "{", HttpStatusCode.BadRequest);
        await PostAsync(service, "/v1/feedback", Feedback("e-1", "e-1", "e-2"), HttpStatusCode.Accepted);

        var metrics = await ScrapeAsync(service);

        var before = metrics.Value("mtrec_rank_candidates_count");
        foreach (var stage in new[] { "parse", "session", "policy", "mental", "blend", "total" })
        {
            Assert.Equal(Calls, metrics.Value("mtrec_rank_stage_duration_seconds_count", ("stage", stage)));
            Assert.True(metrics.Value("mtrec_rank_stage_duration_seconds_sum", ("stage", stage)) > 0);
            Assert.Contains(metrics.Matching("mtrec_rank_stage_duration_seconds_bucket", ("stage", stage)), bucket => bucket.Labels["le"] == "0.0001");
        }

        Assert.Equal(Calls, before);
        Assert.Equal(5 * Calls, metrics.Value("mtrec_rank_candidates_sum"));
        Assert.Equal(Calls, metrics.Value("mtrec_exposures_total"));
        Assert.Equal(2, metrics.Value("mtrec_feedback_events_total", ("result", "accepted")));
        Assert.Equal(1, metrics.Value("mtrec_feedback_events_total", ("result", "duplicate")));
        Assert.Equal(Calls, metrics.Value("http_server_request_duration_seconds_count", ("http_route", "/v1/rank"), ("http_response_status_code", "200")));
        Assert.Equal(1, metrics.Value("http_server_request_duration_seconds_count", ("http_route", "/v1/rank"), ("http_response_status_code", "400")));
        Assert.Equal(1, metrics.Value("mtrec_sessions_users"));
        Assert.Equal("gauge", metrics.Types["mtrec_sessions_bytes"]);
        Assert.True(metrics.Value("mtrec_sessions_bytes") > 0);
        Assert.Equal("gauge", metrics.Types["mtrec_event_log_queued_bytes"]);
        Assert.NotEmpty(metrics.Matching("kestrel_active_connections"));
        Assert.NotEmpty(metrics.Matching("dotnet_gc_collections_total"));
        Assert.NotEmpty(metrics.Matching("dotnet_process_memory_working_set_bytes"));
        Assert.DoesNotContain(metrics.All, sample => sample.Labels.Values.Any(value => value.Contains("u-1", StringComparison.Ordinal)));

        // Counters go on; nothing starts anew with a scrape.
        await PostAsync(service, "/v1/rank", Requests.Rows().ToJsonString(), HttpStatusCode.OK);
        Assert.Equal(Calls + 1, (await ScrapeAsync(service)).Value("mtrec_exposures_total"));
    }

    [Fact(Timeout = 240_000)]
    public async Task A_dead_session_store_shows_as_degraded_answers_and_a_refused_key_as_refused()
    {
        var key = TestKey.Make("all", Scope.Rank, Scope.Metrics);
        using var service = await ServiceProcess.StartAsync(["--Sessions:Store=Redis", "--Redis:Configuration=127.0.0.1:1", .. key.Arguments(0)]);
        await PostAsync(service, "/v1/rank", Requests.Rows().ToJsonString(), HttpStatusCode.Unauthorized);
        service.Client.DefaultRequestHeaders.Add("X-API-Key", key.Text);
        for (var i = 0; i < 3; i++)
            await PostAsync(service, "/v1/rank", Requests.Rows().ToJsonString(), HttpStatusCode.OK);
        await PostAsync(service, "/v1/feedback", Feedback("e-1"), HttpStatusCode.Forbidden);

        var metrics = await ScrapeAsync(service);

        Assert.Equal(3, metrics.Value("mtrec_rank_degraded_total", ("part", "sessionStore")));
        Assert.True(metrics.Matching("mtrec_redis_failures_total").Sum(sample => sample.Value) >= 3);
        Assert.Equal(1, metrics.Value("mtrec_access_refused_total", ("reason", "missing")));
        Assert.Equal(1, metrics.Value("mtrec_access_refused_total", ("reason", "scope")));
    }

    // A process of its own: the meters of services that end in this one would be scraped half-way.
    [Fact(Timeout = 240_000)]
    public async Task Scrapes_at_once_do_not_mix()
    {
        using var service = await ServiceProcess.StartAsync();

        var scrapes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative))));

        Assert.All(scrapes, text => PrometheusSamples.Parse(text));
    }

    [Fact]
    public async Task Metrics_are_switched_off()
    {
        await using var app = await RankApp.StartAsync("--Telemetry:Prometheus=false");

        using var answer = await app.SendAsync(HttpMethod.Get, "/metrics");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact(Timeout = 240_000)]
    public async Task Metrics_reach_a_collector_by_OTLP()
    {
        using var collector = new HttpListener();
        var port = FreePort.Find();
        collector.Prefixes.Add($"http://127.0.0.1:{port}/");
        collector.Start();
        await using var app = await RankApp.StartAsync($"--Telemetry:OtlpEndpoint=http://127.0.0.1:{port}/v1/metrics", "--Telemetry:OtlpProtocol=HttpProtobuf", "--Telemetry:OtlpInterval=00:00:01");

        // The first sendings may come before the service has started.
        var sent = "";
        for (var deadline = DateTime.UtcNow.AddMinutes(1); !sent.Contains("mtrec.items", StringComparison.Ordinal) && DateTime.UtcNow < deadline;)
        {
            var request = await collector.GetContextAsync().WaitAsync(TimeSpan.FromMinutes(1));
            using var body = new MemoryStream();
            await request.Request.InputStream.CopyToAsync(body);
            request.Response.Close();
            Assert.Equal(("POST", "/v1/metrics", "application/x-protobuf"), (request.Request.HttpMethod, request.Request.Url!.AbsolutePath, request.Request.ContentType));
            sent = Encoding.UTF8.GetString(body.ToArray());
        }

        Assert.Contains("mtrec.items", sent, StringComparison.Ordinal);
        Assert.Contains("mtrec-serving", sent, StringComparison.Ordinal);
    }

    private static string Feedback(params string[] ids) =>
        new System.Text.Json.Nodes.JsonObject { ["events"] = new System.Text.Json.Nodes.JsonArray([.. ids.Select(id => Requests.Event(id))]) }.ToJsonString();

    private static async Task PostAsync(ServiceProcess service, string path, string json, HttpStatusCode status)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await service.Client.PostAsync(new Uri(path, UriKind.Relative), body);
        Assert.Equal(status, answer.StatusCode);
    }

    private static async Task<PrometheusSamples> ScrapeAsync(ServiceProcess service)
    {
        using var answer = await service.Client.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        return PrometheusSamples.Parse(await answer.Content.ReadAsStringAsync());
    }
}
