using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Serving.Bundles;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Operations;

public sealed class LifecycleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Until_a_bundle_is_in_service_the_process_lives_and_is_not_ready()
    {
        await using var app = await RankApp.LaunchAsync(registry => TestBundles.Publish(registry), KeepFromLoading);

        using var live = await app.SendAsync(HttpMethod.Get, "/health/live");
        using var ready = await app.SendAsync(HttpMethod.Get, "/health/ready");
        using var rank = await app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().ToJsonString());

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Contains("bundle", (string)(await RankRefusalTests.ProblemOf(ready, 503))["detail"]!, StringComparison.Ordinal);
        await RankRefusalTests.ProblemOf(rank, 503);
        Assert.NotNull(rank.Headers.RetryAfter);

        static void KeepFromLoading(IServiceCollection services) =>
            services.Remove(services.Single(service => service.ImplementationType == typeof(BundleWatch)));
    }

    [Fact]
    public async Task The_newest_bundle_serves_and_refused_ones_are_shown_with_their_reasons()
    {
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "1", created: new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
                TestBundles.Publish(registry, version: "2", created: new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero));
                Corrupt(TestBundles.Publish(registry, version: "3", created: new DateTimeOffset(2026, 1, 3, 0, 0, 0, TimeSpan.Zero)));
            },
            null);

        // Those that do not serve are verified in the background.
        BundlesAnswer bundles;
        do
            bundles = await app.GetAsync<BundlesAnswer>("/v1/bundles");
        while (bundles.Bundles.Any(bundle => bundle.State == "unchecked"));

        Assert.Equal("2", bundles.Active!.Version);
        Assert.Equal(Requests.Tasks, bundles.Active.Tasks.Select(task => task.Name));
        Assert.Equal([("3", "refused"), ("2", "active"), ("1", "available")], bundles.Bundles.Select(bundle => (bundle.Version, bundle.State)));
        Assert.Contains(BundleLayout.Policy, Assert.Single(bundles.Bundles[0].Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configured_version_serves()
    {
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "1");
                TestBundles.Publish(registry, version: "2");
            },
            null,
            "--Registry:Version=1");

        Assert.Equal("1", (await app.RankAsync(Requests.Rows())).Bundle.Version);
    }

    [Fact]
    public async Task A_refused_bundle_ends_the_process_with_its_reasons()
    {
        Corrupt(TestBundles.Publish(Registry));

        using var process = Start();

        Assert.Equal(1, await process.EndAsync());
        Assert.Contains(BundleLayout.Policy, process.Said, StringComparison.Ordinal);
        Assert.Contains("SHA-256", process.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_ends_the_process_with_every_fault()
    {
        TestBundles.Publish(Registry);

        using var process = Start("--Blending:Weight=-1", "--Blending:Level=2", "--Sessions:Events=none", "--Ranking:MaxCandidate=5");

        Assert.Equal(1, await process.EndAsync());
        foreach (var key in new[] { "Blending:Weight", "Blending:Level", "Sessions", "MaxCandidate" })
            Assert.Contains(key, process.Said, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task SIGTERM_writes_what_waits_and_exits_with_0()
    {
        TestBundles.Publish(Registry);
        using var process = Start();
        using (var client = await ReadyAsync(process))
        {
            for (var i = 0; i < 20; i++)
            {
                using var body = new StringContent(Requests.Rows().ToJsonString(), Encoding.UTF8, "application/json");
                using var answer = await client.PostAsync(new Uri("/v1/rank", UriKind.Relative), body);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }

        process.Signal("TERM");

        Assert.Equal(0, await process.EndAsync());
        Assert.Equal(20, EventFiles.Read(Events).OfType<ExposureEvent>().Count());
        Assert.DoesNotContain("u-1", process.Said, StringComparison.Ordinal);
    }

    private string Registry => Path.Combine(_folder.Path, "deploy", "registry");

    private string Events => Path.Combine(_folder.Path, "var", "events");

    // Default paths, started from a folder below the root.
    private RunningProcess Start(params string[] settings)
    {
        Directory.CreateDirectory(Registry);
        var below = Directory.CreateDirectory(Path.Combine(_folder.Path, "src")).FullName;
        return RunningProcess.StartIn(below, "dotnet", [Path.Combine(AppContext.BaseDirectory, "MTRec.Serving.dll"), "--urls", "http://127.0.0.1:0", .. settings]);
    }

    // Waits for the address that the service logs, and until it is ready.
    private static async Task<HttpClient> ReadyAsync(RunningProcess process)
    {
        const string Sign = "Now listening on: ";
        string? address = null;
        while ((address = process.Said.Split('\n').FirstOrDefault(line => line.Contains(Sign, StringComparison.Ordinal))?.Split(Sign)[1].Trim()) is null)
            await PatienceAsync(process);
        var client = new HttpClient { BaseAddress = new Uri(address) };
        while (true)
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            if (answer.IsSuccessStatusCode)
                return client;
            await PatienceAsync(process);
        }
    }

    private static async Task PatienceAsync(RunningProcess process)
    {
        Assert.False(process.HasEnded, process.Said);
        await Task.Delay(50);
    }

    private static void Corrupt(string bundle)
    {
        var path = Path.Combine(bundle, BundleLayout.Policy);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }
}
