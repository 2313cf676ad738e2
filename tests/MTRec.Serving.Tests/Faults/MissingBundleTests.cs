using System.Text.Json.Nodes;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>The bundle comes after the service, or goes while it serves. A refused first bundle ends the process: <see cref="Operations.LifecycleTests"/>.</summary>
public sealed class MissingBundleTests
{
    [Theory(Timeout = 240_000)]
    [InlineData]
    [InlineData("--Registry:Version=7")]
    public async Task Without_a_bundle_the_service_lives_and_is_not_ready_until_one_comes(params string[] settings)
    {
        using var service = await ServiceProcess.LaunchAsync(_ => { }, [], ["--Registry:PollInterval=00:00:00.5", .. settings]);
        await Eventually.TrueAsync(() => service.Said.Contains("not ready until one comes", StringComparison.Ordinal), () => service.Said);
        // Another's bundle is none of its own.
        TestBundles.Publish(service.Registry, "another");
        await Task.Delay(TimeSpan.FromSeconds(1));

        using (var live = await service.SendAsync(HttpMethod.Get, "/health/live"))
            Assert.Equal(200, (int)live.StatusCode);
        foreach (var (method, path, body) in new[] { ("GET", "/health/ready", null), ("POST", "/v1/rank", Requests.Rows().ToJsonString()) })
        {
            using var refused = await service.SendAsync(new HttpMethod(method), path, body);
            await RankRefusalTests.ProblemOf(refused, 503);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        Assert.Empty((await service.MetricsAsync()).Matching("mtrec_bundle_loaded", ("role", "active")));

        TestBundles.Publish(service.Registry, version: "7");
        await service.ReadyAsync();
        using var answer = await service.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().ToJsonString());
        Assert.Equal("7", (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["bundle"]!["version"]!);
        Assert.Single((await service.MetricsAsync()).Matching("mtrec_bundle_loaded", ("role", "active")));
        Assert.Equal(0, await service.StopAsync());
    }

    [Fact(Timeout = 240_000)]
    public async Task A_registry_that_is_lost_costs_no_call()
    {
        using var service = await ServiceProcess.StartAsync("--Registry:PollInterval=00:00:00.2");
        var load = RankLoad.Start(service.Client, 4, TimeSpan.FromMilliseconds(5));
        await load.MoreAsync(50);

        Directory.Delete(service.Registry, recursive: true);
        await Eventually.TrueAsync(
            () => service.Said.Contains("no longer in the registry", StringComparison.Ordinal) || service.Said.Contains("cannot be read; what is loaded serves on", StringComparison.Ordinal),
            () => service.Said);
        await load.MoreAsync(50);

        Assert.All(await load.StopAsync(), outcome => Assert.Equal((200, 0), (outcome.Status, outcome.Degraded.Length)));
        Assert.Single((await service.MetricsAsync()).Matching("mtrec_bundle_loaded", ("role", "active")));
    }
}
