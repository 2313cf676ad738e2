using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Serving.Bundles;
using MTRec.Serving.OpenApi;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

/// <summary>Runs alone: what it measures is the machine's. MTREC_SWAPS=200 swaps longer.</summary>
[CollectionDefinition(nameof(SwapUnderLoadTests), DisableParallelization = true)]
[Collection(nameof(SwapUnderLoadTests))]
public sealed class SwapUnderLoadTests
{
    private const int Clients = 4;
    private static readonly int Swaps = int.Parse(Environment.GetEnvironmentVariable("MTREC_SWAPS") ?? "60", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Bundles_are_published_under_load_without_a_failed_request_or_a_mixed_answer()
    {
        await using var app = await RankApp.StartAsync(registry => Registries.Publish(registry, 1), null);
        await using var load = new Load(app.Client);

        for (var version = 2; version <= Swaps / 3; version++)
        {
            Registries.Publish(app.Registry, version);
            await load.UntilAsync(version);
        }

        Assert.Equal(Swaps / 3, (await load.EndAsync()).Count);
    }

    /// <summary>In a process of its own, whose memory is its own.</summary>
    [Fact]
    public async Task Memory_stays_flat_over_swaps_under_load()
    {
        const int Versions = 4;
        using var service = await ServiceProcess.StartAsync(
            registry =>
            {
                for (var version = 1; version <= Versions; version++)
                    Registries.Publish(registry, version);
            },
            [],
            "--Registry:FollowNewest=false",
            "--Shadow:Version=1",
            "--Shadow:Share=0.2");
        await using var load = new Load(service.Client);

        // Each swap loads a bundle anew: the active and the previous one are kept, the target is neither.
        await SwapAsync(Swaps / 2);
        var (native, managed) = await MemoryAsync();
        await SwapAsync(Swaps);
        var (nativeAfter, managedAfter) = await MemoryAsync();
        await load.EndAsync();

        // After the first hundred swaps the native part stays within 5 MiB; a bundle that is not freed adds 0.7 MiB. The managed one breathes by 16 MiB.
        Assert.True(nativeAfter - native < 16, $"native: {native:0} MiB before, {nativeAfter:0} MiB after {Swaps} swaps");
        Assert.True(managedAfter - managed < 32, $"managed: {managed:0} MiB before, {managedAfter:0} MiB after {Swaps} swaps");

        async Task<(double Native, double Managed)> MemoryAsync()
        {
            const double MiB = 1 << 20;
            var metrics = await service.MetricsAsync();
            var committed = metrics.Value("dotnet_gc_last_collection_memory_committed_size_bytes");
            return ((metrics.Value("dotnet_process_memory_working_set_bytes") - committed) / MiB, committed / MiB);
        }

        async Task SwapAsync(int swaps)
        {
            for (var i = 0; i < swaps; i++)
            {
                using var answer = await service.Client.PostAsync(new Uri($"/v1/bundles/{2 + (i % (Versions - 1))}/activate", UriKind.Relative), null);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }
    }

    [Fact]
    public async Task Activations_and_rollbacks_race_and_each_request_keeps_to_one_bundle()
    {
        const int Versions = 4;
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                for (var version = 1; version <= Versions; version++)
                    Registries.Publish(registry, version);
            },
            null);
        var host = app.Services.GetRequiredService<BundleHost>();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<ServedBundle, bool>(ReferenceEqualityComparer.Instance);
        await using var load = new Load(app.Client);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async operation =>
        {
            var random = new Random(operation);
            for (var i = 0; i < Swaps / 4; i++)
            {
                var version = random.Next(1, Versions + 1);
                var path = random.Next(3) == 0 ? "/v1/bundles/rollback" : $"/v1/bundles/{version}/activate";
                using var answer = await app.SendAsync(HttpMethod.Post, path);
                foreach (var served in host.Snapshot.All)
                    seen[served] = true;
                if (path.EndsWith("rollback", StringComparison.Ordinal) && answer.StatusCode == HttpStatusCode.Conflict)
                    continue;
                var active = (await answer.Content.ReadFromJsonAsync<BundlesAnswer>())!.Active!.Version;
                Assert.True(path.EndsWith("rollback", StringComparison.Ordinal) || active == $"{version}", $"{path} activated {active}");
            }
        }));
        await load.EndAsync();

        var bundles = await app.GetAsync<BundlesAnswer>("/v1/bundles");
        var final = await app.RankAsync(Requests.Rows());
        Assert.Equal(bundles.Active!.Version, final.Bundle.Version);
        var snapshot = host.Snapshot;
        Assert.InRange(snapshot.All.Count, 1, 2);
        Assert.Equal(bundles.Previous, snapshot.Previous?.Version ?? bundles.Previous);

        // An answer arrives just before its request has let go of the bundle.
        foreach (var served in seen.Keys)
            await Eventually.TrueAsync(() => IsAlive(served) == snapshot.All.Contains(served), () => $"{served.Id} is alive: {IsAlive(served)}");

        static bool IsAlive(ServedBundle served)
        {
            using var lease = served.Bundle.TryLease();
            return lease is not null;
        }
    }

    /// <summary>Clients that rank as fast as they can. Every answer must be a success and whole: each score as its bundle's weights have it.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private static readonly byte[] Body = Encoding.UTF8.GetBytes(Requests.Rows(20).ToJsonString());

        private readonly HttpClient _client;
        private readonly CancellationTokenSource _stop = new();
        private readonly System.Collections.Concurrent.ConcurrentDictionary<int, int> _answers = new();
        private readonly Task[] _clients;

        public Load(HttpClient client)
        {
            _client = client;
            _clients = [.. Enumerable.Range(0, Clients).Select(_ => Task.Run(RunAsync))];
        }

        /// <summary>Waits until a version has answered.</summary>
        public Task UntilAsync(int version) => Eventually.TrueAsync(
            async () =>
            {
                foreach (var failed in _clients.Where(client => client.IsFaulted))
                    await failed;
                return _answers.ContainsKey(version);
            },
            () => $"Version {version} did not get into service.");

        /// <summary>Ends it.</summary>
        /// <returns>Answers by version.</returns>
        public async Task<IReadOnlyDictionary<int, int>> EndAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_clients);
            return _answers;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_clients).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private async Task RunAsync()
        {
            while (!_stop.IsCancellationRequested)
            {
                using var body = new ByteArrayContent(Body);
                body.Headers.ContentType = new("application/json");
                using var answer = await _client.PostAsync(new Uri("/v1/rank", UriKind.Relative), body);
                var text = await answer.Content.ReadAsStringAsync();
                Assert.True(answer.StatusCode == HttpStatusCode.OK, text);
                var ranked = JsonSerializer.Deserialize<RankAnswer>(text, JsonSerializerOptions.Web)!;
                var version = int.Parse(ranked.Bundle.Version, CultureInfo.InvariantCulture);
                Assert.Empty(ranked.Degraded);
                Assert.Equal(20, ranked.Items.Count);
                foreach (var item in ranked.Items)
                {
                    var candidate = int.Parse(item.ItemId.AsSpan(2), CultureInfo.InvariantCulture) - 1;
                    Assert.Equal(Registries.FusionScore(version, candidate), item.FusionScore, 1e-4);
                }

                _answers.AddOrUpdate(version, 1, (_, count) => count + 1);
            }
        }
    }
}
