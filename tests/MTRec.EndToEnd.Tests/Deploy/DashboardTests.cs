using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>A real Prometheus, with the configuration that is deployed, asks a real service and a real worker: what dashboard and alerts name must be there.</summary>
public sealed partial class DashboardTests : IDisposable
{
    private const string Key = "mtrec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    private const string UnknownKey = "mtrec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

    private readonly TemporaryFolder _folder = new();
    private readonly string _address = $"127.0.0.1:{FreePort.Find()}";
    private readonly string _worker = $"127.0.0.1:{FreePort.Find()}";
    private readonly HttpClient _prometheus = new() { BaseAddress = new Uri($"http://127.0.0.1:{FreePort.Find()}") };

    private static JsonNode Dashboard => JsonNode.Parse(DeployFiles.Text("deploy/dashboards/mtrec.json"))!;

    /// <summary>Every query of a panel.</summary>
    private static IEnumerable<string> Queries =>
        Dashboard["panels"]!.AsArray().SelectMany(panel => panel!["targets"]?.AsArray() ?? []).Select(target => (string)target!["expr"]!);

    [Fact]
    public void Panels_have_ids_of_their_own_and_do_not_overlap()
    {
        var panels = Dashboard["panels"]!.AsArray();
        Assert.Equal(panels.Count, panels.Select(panel => (int)panel!["id"]!).Distinct().Count());
        var cells = panels.Select(panel => panel!["gridPos"]!).SelectMany(at =>
            from x in Enumerable.Range((int)at["x"]!, (int)at["w"]!)
            from y in Enumerable.Range((int)at["y"]!, (int)at["h"]!)
            select (x, y)).ToArray();
        Assert.Equal(cells.Length, cells.Distinct().Count());
        Assert.All(cells, cell => Assert.InRange(cell.x, 0, 23));
    }

    [Fact]
    public void Grafana_finds_the_data_source_that_the_dashboard_asks_and_the_folder_that_it_is_in()
    {
        var source = DeployFiles.Yaml("deploy/grafana/provisioning/datasources/prometheus.yml")[0]["datasources"]![0]!;
        var wanted = Dashboard["templating"]!["list"]!.AsArray().Single(variable => (string)variable!["type"]! == "datasource")!;
        var folder = (string)DeployFiles.Yaml("deploy/grafana/provisioning/dashboards/mtrec.yml")[0]["providers"]![0]!["options"]!["path"]!;
        var mounts = DeployFiles.Yaml("docker-compose.yml")[0]["services"]!["grafana"]!["volumes"]!.AsArray().Select(mount => (string)mount!);

        Assert.Equal((string)wanted["current"]!["value"]!, (string)source["uid"]!);
        Assert.Equal((string)wanted["query"]!, (string)source["type"]!);
        Assert.Contains($"./deploy/dashboards:{folder}:ro", mounts);
    }

    [ProgramFact("Debian: prometheus and redis-server", "prometheus", "redis-server", "redis-cli")]
    public async Task Every_query_of_the_dashboard_finds_something_and_every_metric_of_an_alert_is_there()
    {
        await using var redis = await RedisServer.StartAsync();
        using var service = await StartServiceAsync(redis);
        using var worker = StartWorker();
        using var prometheus = await StartPrometheusAsync();

        var unanswered = Queries.Select(AsAsked).ToHashSet();
        Assert.True(unanswered.Count > 30);
        for (var (round, deadline) = (0, DateTime.UtcNow.AddMinutes(2)); unanswered.Count > 0 || !await IsRaisedAsync("MTRecRedisUnhealthy"); round++)
        {
            Assert.True(DateTime.UtcNow < deadline, $"Nothing is found by\n{string.Join('\n', unanswered)}\nTargets: {await AskAsync("targets")}\n{prometheus.Said}\n{worker.Said}");
            await CallAsync(service, round);
            // Without Redis answers are degraded, and calls to it fail.
            if (round == 10)
                await redis.KillAsync();
            foreach (var query in unanswered.ToArray())
            {
                if (await FindsAsync(query))
                    unanswered.Remove(query);
            }

            await Task.Delay(500);
        }

        var names = (await AskAsync("label/__name__/values"))!.AsArray().Select(name => (string)name!).ToHashSet();
        var alerts = DeployFiles.Yaml("deploy/prometheus/alerts.yml")[0]["groups"]!.AsArray().SelectMany(group => group!["rules"]!.AsArray()).ToArray();
        Assert.All(alerts.SelectMany(alert => Metric().Matches((string)alert!["expr"]!)).Select(match => match.Groups[1].Value), metric => Assert.Contains(metric, names));
    }

    public void Dispose()
    {
        _prometheus.Dispose();
        _folder.Dispose();
    }

    private static string AsAsked(string query) => query
        .Replace("$__rate_interval", "30s", StringComparison.Ordinal)
        .Replace("$instance", ".+", StringComparison.Ordinal);

    private async Task<RunningService> StartServiceAsync(RedisServer redis)
    {
        var registry = Path.Combine(_folder.Path, "registry");
        TestBundles.Publish(registry);
        TestBundles.Publish(registry, version: "2");
        const string Variants = "--Experiments:Layers:l:Experiments:x:Variants";
        var process = Programs.Serve(
            "--urls", $"http://{_address}", "--Registry:Path", registry, "--EventLog:Folder", Path.Combine(_folder.Path, "events"),
            "--Registry:Version", "1", "--Shadow:Version", "2", "--Shadow:Share", "1",
            "--Sessions:Store", "Redis", "--Redis:Configuration", redis.Address,
            $"{Variants}:control:Percentage=50", $"{Variants}:treated:Percentage=50", $"{Variants}:treated:Exploration:Share=1",
            "--Access:Keys:0:Name", "tests", "--Access:Keys:0:Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Key))),
            "--Access:Keys:0:Scopes:0", "Rank", "--Access:Keys:0:Scopes:1", "Feedback", "--Access:Keys:0:Scopes:2", "Metrics");
        return await RunningService.StartedAsync(process, new Uri($"http://{_address}"));
    }

    // Learns from the first calls, so that there is a policy to compare.
    private RunningProcess StartWorker() => Programs.Mtrec(
        "worker", "--events", Path.Combine(_folder.Path, "events"), "--registry", Path.Combine(_folder.Path, "registry"), "--state", Path.Combine(_folder.Path, "state"),
        "--algorithm", "iql", "--updates", "1", "--min-explored", "1", "--min-exposures", "40", "--join-window", "0.1", "--metrics-url", $"http://{_worker}");

    // Its own configuration, with the key that the comment in it tells of, asked more often.
    private async Task<RunningProcess> StartPrometheusAsync()
    {
        foreach (var file in new[] { "prometheus.yml", "alerts.yml" })
        {
            var text = DeployFiles.Text($"deploy/prometheus/{file}")
                .Replace("\"service-1:5080\", \"service-2:5080\"", $"\"{_address}\"", StringComparison.Ordinal)
                .Replace("worker:9464", _worker, StringComparison.Ordinal)
                .Replace("# authorization:", "authorization:", StringComparison.Ordinal)
                .Replace("#   credentials_file:", "  credentials_file:", StringComparison.Ordinal)
                .Replace(": 15s", ": 1s", StringComparison.Ordinal)
                .Replace("scrape_timeout: 5s", "scrape_timeout: 1s", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(_folder.Path, file), text);
        }

        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "metrics.key"), Key);
        var prometheus = RunningProcess.StartIn(
            _folder.Path, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=data", $"--web.listen-address={_prometheus.BaseAddress!.Authority}");
        await Eventually.TrueAsync(IsReadyAsync, prometheus, TimeSpan.FromMilliseconds(200));
        return prometheus;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var ready = await _prometheus.GetAsync(new Uri("-/ready", UriKind.Relative));
            return ready.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    // Good calls and one of each kind that is refused.
    private static async Task CallAsync(RunningService service, int round)
    {
        for (var i = 0; i < 20; i++)
        {
            await SendAsync(service, Key, "v1/rank", string.Create(CultureInfo.InvariantCulture, $$"""
                { "userId": "u-{{(round * 20) + i}}", "candidates": [ { "itemId": "v-1", "scores": [0.3, 0.1, 0.2] }, { "itemId": "v-2", "scores": [0.2, 0.3, 0.6] } ] }
                """));
        }

        await SendAsync(service, Key, "v1/feedback", string.Create(CultureInfo.InvariantCulture, $$"""
            { "events": [ { "eventId": "e-{{round}}", "requestId": "r", "userId": "u-1", "itemId": "v-1", "actions": { "click": 1 } } ] }
            """));
        await SendAsync(service, UnknownKey, "v1/rank", "{}");
        await SendAsync(service, Key, "v1/rank", "{}");
    }

    private static async Task SendAsync(RunningService service, string key, string path, string json)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.Add("X-API-Key", key);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await service.Http.SendAsync(request);
    }

    private async Task<bool> FindsAsync(string query) => (await AskAsync($"query?query={Uri.EscapeDataString(query)}"))!["result"]!.AsArray().Count > 0;

    private async Task<bool> IsRaisedAsync(string alert) =>
        (await AskAsync("alerts"))!["alerts"]!.AsArray().Any(raised => (string)raised!["labels"]!["alertname"]! == alert);

    private async Task<JsonNode?> AskAsync(string path)
    {
        using var answer = await _prometheus.GetAsync(new Uri($"api/v1/{path}", UriKind.Relative));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {text}");
        return JsonNode.Parse(text)!["data"];
    }

    [GeneratedRegex(@"\b([a-z_]+)\{")]
    private static partial Regex Metric();
}
