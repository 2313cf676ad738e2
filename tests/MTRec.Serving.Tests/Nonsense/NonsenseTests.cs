using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Serving.Tests.Operations;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Nonsense;

public sealed class NonsenseTests
{
    private const int Callers = 6;
    private const int GoodCallers = 2;
    private const long Growth = 96 << 20;

    /// <summary>How long nonsense is sent; <c>MTREC_NONSENSE_SECONDS</c> says otherwise.</summary>
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        int.Parse(Environment.GetEnvironmentVariable("MTREC_NONSENSE_SECONDS") ?? "10", CultureInfo.InvariantCulture));

    [Fact]
    public async Task Nonsense_neither_fails_nor_leaks_nor_costs_others_their_feedback()
    {
        using var folder = new TemporaryFolder();
        using var service = await ServiceProcess.StartAsync(
            $"--EventLog:Folder={folder.Path}", $"--Ranking:MaxBodyBytes={NonsenseCaller.MaxBodyBytes}", $"--Feedback:MaxBodyBytes={NonsenseCaller.MaxBodyBytes}");
        using var end = new CancellationTokenSource(Duration);
        var nonsense = Enumerable.Range(0, Callers).Select(seed => new NonsenseCaller(service.Client, seed)).ToArray();

        var noise = Task.WhenAll(nonsense.Select(caller => Task.Run(() => NonsenseAsync(caller, end.Token))));
        var good = Task.WhenAll(Enumerable.Range(0, GoodCallers).Select(caller => Task.Run(() => GoodAsync(service.Client, caller, end.Token))));
        await Task.Delay(Duration / 2);
        var halfWay = await MetricsAsync(service);
        var sent = await good;
        await noise;

        var statuses = nonsense.SelectMany(caller => caller.Statuses).GroupBy(status => status.Key, status => status.Value).ToDictionary(group => group.Key, group => group.Sum());
        Assert.DoesNotContain(500, statuses.Keys);
        foreach (var status in new[] { 200, 202, 400, 404, 405, 413, 415 })
            Assert.True(statuses.ContainsKey(status), $"No nonsense was answered with {status}.");
        Assert.DoesNotContain(" ERR ", service.Said, StringComparison.Ordinal);
        Assert.DoesNotContain(" FTL ", service.Said, StringComparison.Ordinal);

        var after = await MetricsAsync(service);
        Assert.InRange(WorkingSet(after) - WorkingSet(halfWay), long.MinValue, Growth);
        Assert.Equal(0, after.Matching("mtrec_event_log_dropped_total").Sum(sample => sample.Value));
        for (var caller = 0; caller < GoodCallers; caller++)
        {
            Assert.True(sent[caller] > 10, $"Only {sent[caller]} sane calls were answered.");
            var session = await service.Client.GetFromJsonAsync<JsonObject>($"/v1/users/good-{caller}/session");
            Assert.Equal(sent[caller], (int)session!["totalEvents"]!);
        }

        Assert.Equal(0, await service.StopAsync());
        var logged = EventFiles.Read(folder.Path).OfType<FeedbackEvent>().Where(entry => entry.UserId.StartsWith("good-", StringComparison.Ordinal)).ToArray();
        Assert.Equal(sent.Sum(), logged.Length);
        Assert.Equal(sent.Sum(), logged.Select(entry => entry.EventId).Distinct(StringComparer.Ordinal).Count());
    }

    private static async Task NonsenseAsync(NonsenseCaller caller, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
            await caller.SendAsync(end);
    }

    // A sane caller: what it sends is taken, each and every time.
    private static async Task<int> GoodAsync(HttpClient client, int caller, CancellationToken end)
    {
        var sent = 0;
        for (; !end.IsCancellationRequested; sent++)
        {
            var user = $"good-{caller}";
            using var ranked = await client.PostAsJsonAsync("/v1/rank", Requests.Rows(userId: user), CancellationToken.None);
            Assert.Equal(HttpStatusCode.OK, ranked.StatusCode);
            var body = new JsonObject { ["events"] = new JsonArray(Requests.Event($"good-{caller}-{sent}", user)) };
            using var taken = await client.PostAsJsonAsync("/v1/feedback", body, CancellationToken.None);
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
        }

        return sent;
    }

    private static double WorkingSet(PrometheusSamples metrics) => metrics.Value("dotnet_process_memory_working_set_bytes");

    private static async Task<PrometheusSamples> MetricsAsync(ServiceProcess service) =>
        PrometheusSamples.Parse(await service.Client.GetStringAsync(new Uri("/metrics", UriKind.Relative)));
}
