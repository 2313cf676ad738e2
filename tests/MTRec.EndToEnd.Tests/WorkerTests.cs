using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Core.Fusion;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary>What two replicas logged, the worker learns from, each exposure counted once; who is deleted is forgotten.</summary>
public sealed partial class WorkerTests : IDisposable
{
    private const int Users = 12;
    private const int Steps = 8;
    private const string Deleted = "u-deleted";

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public Task From_the_files_of_two_replicas() => RunAsync(Folder("events"), "--EventLog:Folder", Folder("events"));

    [RedisFact]
    public async Task From_the_streams_of_two_replicas()
    {
        await using var redis = await RedisServer.StartAsync();
        await RunAsync(
            $"redis://{redis.Address}", "--EventLog:Sink", "RedisStreams", "--Sessions:Store", "Redis", "--Redis:Configuration", redis.Address, "--Redis:ReadBudget", "00:00:02");
    }

    [RedisFact]
    public async Task From_the_streams_of_a_cluster()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await RunAsync(
            $"redis://{cluster.Addresses}", "--EventLog:Sink", "RedisStreams", "--Sessions:Store", "Redis", "--Redis:Configuration", cluster.Addresses, "--Redis:ReadBudget", "00:00:02");
    }

    public void Dispose() => _folder.Dispose();

    private string Folder(string name) => Path.Combine(_folder.Path, name);

    private async Task RunAsync(string events, params string[] log)
    {
        TestBundles.Publish(Folder("registry"), formula: FusionFormula.PowerProduct);
        using (var first = await ServeAsync(log))
        using (var second = await ServeAsync(log))
        {
            for (var step = 0; step < Steps; step++)
            {
                for (var user = 0; user < Users; user++)
                    await RankAndRespondAsync((step + user) % 2 == 0 ? first : second, $"u-{user}", step);
                await RankAndRespondAsync(first, Deleted, step);
            }

            (await first.Http.DeleteAsync(new Uri($"v1/users/{Deleted}/session", UriKind.Relative))).EnsureSuccessStatusCode();
            foreach (var service in new[] { first, second })
            {
                service.Process.Signal("TERM");
                Assert.Equal(0, await service.Process.EndAsync());
            }
        }

        var (exitCode, said) = await Programs.MtrecAsync("worker", "--events", events, "--registry", Folder("registry"), "--state", Folder("state"), "--once");
        var (again, saidAgain) = await Programs.MtrecAsync("worker", "--events", events, "--registry", Folder("registry"), "--state", Folder("state"), "--once");

        Assert.True(exitCode == 0 && again == 0, said + saidAgain);
        var line = Exposures().Match(said);
        Assert.True(line.Success, said);
        var (received, forgotten) = (int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(line.Groups[2].Value, CultureInfo.InvariantCulture));

        // What waited in the replica's queue when the user was deleted was not even logged.
        Assert.InRange(forgotten, 0, Steps);
        Assert.Equal((Users * Steps) + forgotten, received);
        Assert.Contains($" = learned from {Users * Steps} (explored {Users * Steps}) + damaged 0 ", line.Value, StringComparison.Ordinal);
        Assert.Contains($" = joined {Users * Steps} + late 0 ", said, StringComparison.Ordinal);
        Assert.Contains("deletions 1;", said, StringComparison.Ordinal);
        Assert.Equal(line.Value, Exposures().Match(saidAgain).Value);
        Assert.DoesNotContain(
            Directory.GetFiles(Folder("state"), "*", SearchOption.AllDirectories), path => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(Deleted)) >= 0);
    }

    private async Task<RunningService> ServeAsync(string[] log)
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        const string Experiment = "--Experiments:Layers:exploration:Experiments:explore";
        var process = Programs.Serve(
        [
            "--urls", address, "--Registry:Path", Folder("registry"), .. log,
            $"{Experiment}:Control=explored", $"{Experiment}:Variants:explored:Percentage=100", $"{Experiment}:Variants:explored:Exploration:Kind=Bounded",
        ]);
        return await RunningService.StartedAsync(process, new Uri(address));
    }

    private static async Task RankAndRespondAsync(RunningService service, string user, int step)
    {
        var answer = await service.PostAsync("v1/rank", new JsonObject
        {
            ["userId"] = user,
            ["candidates"] = new JsonArray(
                new JsonObject { ["itemId"] = "v-1", ["scores"] = new JsonArray(0.3, 0.1, 0.2) },
                new JsonObject { ["itemId"] = "v-2", ["scores"] = new JsonArray(0.2, 0.3, 0.6) }),
        });
        await service.PostAsync("v1/feedback", new JsonObject
        {
            ["events"] = new JsonArray(new JsonObject
            {
                ["eventId"] = $"{user}-{step}",
                ["userId"] = user,
                ["requestId"] = (string?)answer["requestId"],
                ["itemId"] = (string?)answer["items"]![0]!["itemId"],
                ["timestamp"] = DateTimeOffset.UtcNow.ToString("O", CultureInfo.InvariantCulture),
                ["actions"] = new JsonObject { ["click"] = step % 2 },
                ["watchSeconds"] = step,
            }),
        });
    }

    [GeneratedRegex(@"exposures received (\d+) = .* \+ forgotten (\d+) \+ lost 0")]
    private static partial Regex Exposures();
}
