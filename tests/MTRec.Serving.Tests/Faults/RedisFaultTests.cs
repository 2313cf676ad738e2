using System.Diagnostics;
using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Serving.Tests.EventLog;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>What happens to a real Redis while a real service is called. The loss of a Cluster's node is in <see cref="Fleet.FleetTests"/>.</summary>
[Collection(UndisturbedTests.Name)]
public sealed class RedisFaultTests
{
    // The promise of the README.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    [RedisFact(Timeout = 240_000)]
    public async Task Killed_under_load_and_started_again() => await SurvivesAsync(
        redis => redis.KillAsync(),
        redis => redis.StartAgainAsync(),
        keepsData: false);

    [RedisFact(Timeout = 240_000)]
    public async Task Frozen_under_load_and_thawed() => await SurvivesAsync(
        redis => Signalled(redis, "STOP"),
        redis => Signalled(redis, "CONT"),
        keepsData: true);

    [RedisFact(Timeout = 240_000)]
    public async Task Slow_under_load_and_fast_again()
    {
        using var enough = new CancellationTokenSource();
        var slowness = Task.CompletedTask;
        await SurvivesAsync(
            redis =>
            {
                slowness = BeSlowAsync(redis, enough.Token);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await enough.CancelAsync();
                await slowness;
            },
            keepsData: true);

        // Every call waits for most of a second, then all are served.
        static async Task BeSlowAsync(RedisServer redis, CancellationToken enough)
        {
            while (!enough.IsCancellationRequested)
                await redis.CommandAsync("debug", "sleep", "0.8");
        }
    }

    [RedisFact(Timeout = 240_000)]
    public async Task Dead_before_the_start_and_started_later()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        using var service = await StartAsync(redis);

        var load = RankLoad.Start(service.Client, 4, TimeSpan.FromMilliseconds(10));
        await load.MoreAsync(50);
        Assert.Equal(503, await FeedbackAsync(service, "e-1", "u"));
        await redis.StartAgainAsync();
        await RecoversAsync(service);

        Assert.All(await load.StopAsync(), outcome => Assert.True(outcome.Status == 200, $"{outcome.Status} {outcome.Failure}"));
        Assert.Equal(202, await FeedbackAsync(service, "e-1", "u"));
        Assert.Equal(1, await TotalAsync(service, "u"));
    }

    [RedisFact(Timeout = 240_000)]
    public async Task Streams_frozen_under_load_miss_no_event_and_have_none_twice()
    {
        await using var redis = await RedisServer.StartAsync();
        using var service = await ServiceProcess.StartAsync(
            "--EventLog:Sink=RedisStreams", "--EventLog:StreamBudget=00:00:00.5", $"--Redis:Configuration={redis.Address}", "--Redis:KeyPrefix=t");
        var load = RankLoad.Start(service.Client, 4, TimeSpan.FromMilliseconds(5));
        await load.MoreAsync(200);

        for (var round = 0; round < 2; round++)
        {
            redis.Signal("STOP");
            await load.MoreAsync(200);
            await Eventually.TrueAsync(
                async () => (await service.MetricsAsync()).Matching("mtrec_event_log_failed_writes_total").Sum(sample => sample.Value) > round, () => service.Said);
            redis.Signal("CONT");
            await load.MoreAsync(200);
        }

        var outcomes = await load.StopAsync();
        Assert.Equal(0, await service.StopAsync());
        Assert.All(outcomes, outcome => Assert.Equal((200, 0), (outcome.Status, outcome.Degraded.Length)));
        var requests = (await StreamEntries.ReadAsync(redis.Address)).Select(entry => ((ExposureEvent)entry.Logged).RequestId).ToArray();
        Assert.Equal(outcomes.Count, requests.Distinct().Count());
        Assert.Equal(outcomes.Count, requests.Length);
        Assert.Contains("could not be written to the event log", service.Said, StringComparison.Ordinal);
    }

    private static async Task SurvivesAsync(Func<RedisServer, Task> strike, Func<RedisServer, Task> mend, bool keepsData)
    {
        await using var redis = await RedisServer.StartAsync();
        var life = Stopwatch.StartNew();
        using var service = await StartAsync(redis);
        await RecoversAsync(service);
        Assert.Equal(202, await FeedbackAsync(service, "e-1", "u"));
        var load = RankLoad.Start(service.Client, 8, TimeSpan.FromMilliseconds(5));
        await load.MoreAsync(200);

        await strike(redis);
        var struck = load.Elapsed;
        var sick = false;
        var refused = false;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(4) || !sick || !refused; await Task.Delay(50))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), "Nobody noticed.");
            refused |= await FeedbackAsync(service, "e-2", "u") == 503;
            sick |= (await service.MetricsAsync()).Value("mtrec_redis_healthy") == 0;
        }

        var mended = load.Elapsed;
        await mend(redis);
        await RecoversAsync(service);
        await load.MoreAsync(100);
        var outcomes = await load.StopAsync();

        Assert.All(outcomes, outcome => Assert.True(outcome.Status == 200, $"{outcome.Status} {outcome.Failure}\n{service.Said}"));
        Assert.DoesNotContain(outcomes.SelectMany(outcome => outcome.Degraded), part => part != "sessionStore");
        var meanwhile = outcomes.Where(outcome => outcome.At > struck && outcome.At < mended).ToArray();
        Assert.Contains(meanwhile, outcome => outcome.Degraded.Length > 0);
        // Bounded by the budget of 0.3 seconds, not by the outage; the rest is for a busy machine.
        Assert.True(meanwhile.Select(outcome => outcome.Took).Order().ElementAt(meanwhile.Length / 2) < TimeSpan.FromSeconds(1));
        Assert.All(meanwhile, outcome => Assert.True(outcome.Took < TimeSpan.FromSeconds(4), outcome.ToString()));

        // Feedback that nobody knows the fate of is sent again, and counts once.
        while (await FeedbackAsync(service, "e-2", "u") != 202)
            await Task.Delay(50);
        Assert.Equal(keepsData ? 2 : 1, await TotalAsync(service, "u"));

        var metrics = await service.MetricsAsync();
        Assert.True(metrics.Value("mtrec_rank_degraded_total", ("part", "sessionStore")) >= outcomes.Count(outcome => outcome.Degraded.Length > 0));
        Assert.True(metrics.Matching("mtrec_redis_failures_total").Sum(sample => sample.Value) > 0);
        Assert.Equal(1, metrics.Value("mtrec_redis_healthy"));
        Assert.Equal(0, await service.StopAsync());
        var lines = service.Said.Split('\n');
        Assert.Contains(lines, line => line.Contains("Redis does not answer for sessions", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("Redis answers for sessions again", StringComparison.Ordinal));
        var seconds = 2 + life.Elapsed.TotalSeconds;
        Assert.InRange(lines.Count(line => line.Contains("A call to Redis for a session failed", StringComparison.Ordinal)), 1, seconds);
        Assert.InRange(lines.Count(line => line.Contains("answered 503", StringComparison.Ordinal)), 1, seconds);
    }

    private static Task<ServiceProcess> StartAsync(RedisServer redis) => ServiceProcess.StartAsync(
        "--Sessions:Store=Redis", $"--Redis:Configuration={redis.Address}", "--Redis:ReadBudget=00:00:00.3", "--Redis:WriteBudget=00:00:00.6");

    private static Task Signalled(RedisServer redis, string signal)
    {
        redis.Signal(signal);
        return Task.CompletedTask;
    }

    // Ranking has sessions again, and feedback is taken.
    private static async Task RecoversAsync(ServiceProcess service)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; ; i++)
        {
            using var answer = await service.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().ToJsonString());
            var whole = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["degraded"]!.AsArray().Count == 0;
            if (whole && await FeedbackAsync(service, $"back-{i}", "somebody") == 202)
                break;
            await Task.Delay(20);
        }

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Recovery);
    }

    private static async Task<int> FeedbackAsync(ServiceProcess service, string eventId, string userId)
    {
        using var answer = await service.SendAsync(
            HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(Requests.Event(eventId, userId)) }.ToJsonString());
        if ((int)answer.StatusCode == 503)
            Assert.NotNull(answer.Headers.RetryAfter);
        return (int)answer.StatusCode;
    }

    private static async Task<long> TotalAsync(ServiceProcess service, string userId) =>
        (long)JsonNode.Parse(await service.Client.GetStringAsync(new Uri($"/v1/users/{userId}/session", UriKind.Relative)))!["totalEvents"]!;
}
