using System.Text.Json.Nodes;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>The worker with the very arguments that it is deployed with, as its image and its pod run it.</summary>
public sealed class ConfinedWorkerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort.Find();

    [ConfinedFact(redis: true)]
    public async Task It_takes_in_what_the_service_wrote_and_ends_in_order()
    {
        await using var redis = await RedisServer.StartAsync();
        var registry = Path.Combine(_folder.Path, "registry");
        TestBundles.Publish(registry);
        await WriteEventsAsync(registry, redis);

        using var worker = ConfinedProgram.Start(_folder.Path, "MTRec.Trainer", prepare: "", writable: "registry state", environment: "", arguments: $"mtrec.dll {Arguments(redis)}");
        // Entries that are acknowledged are committed.
        await Eventually.TrueAsync(() => IsTakenAsync(redis), worker, TimeSpan.FromMilliseconds(500));
        using (var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}") })
        {
            Assert.Equal("ready\n", await http.GetStringAsync(new Uri("health/ready", UriKind.Relative)));
            Assert.Contains("mtrec_worker_entries_total{} 2\n", await http.GetStringAsync(new Uri("metrics", UriKind.Relative)), StringComparison.Ordinal);
        }

        worker.Signal("TERM");

        Assert.True(await worker.EndAsync() == 0, worker.Said);
        Assert.NotEmpty(Directory.GetFileSystemEntries(Path.Combine(_folder.Path, "state")));
    }

    public void Dispose() => _folder.Dispose();

    private string Arguments(RedisServer redis) => string.Join(' ', DeployFiles.Yaml("docker-compose.yml")[0]["services"]!["worker"]!["command"]!.AsArray()
        .Select(argument => (string)argument!)
        .Select(argument => argument.Replace("redis:6379", redis.Address, StringComparison.Ordinal))
        .Select(argument => argument.Replace(":9464", $":{_port}", StringComparison.Ordinal))
        .Select(argument => argument.StartsWith('/') ? argument[1..] : argument));

    private static async Task WriteEventsAsync(string registry, RedisServer redis)
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        var process = Programs.Serve("--urls", address, "--Registry:Path", registry, "--EventLog:Sink", "RedisStreams", "--Redis:Configuration", redis.Address);
        using var service = await RunningService.StartedAsync(process, new Uri(address));
        await service.PostAsync("v1/rank", JsonNode.Parse("""{ "requestId": "r-1", "userId": "u-1", "candidates": [ { "itemId": "v-1", "scores": [0.3, 0.1, 0.2] } ] }""")!);
        await service.PostAsync("v1/feedback", JsonNode.Parse("""{ "events": [ { "eventId": "e-1", "requestId": "r-1", "userId": "u-1", "itemId": "v-1", "actions": { "click": 1 } } ] }""")!);
        process.Signal("TERM");
        Assert.Equal(0, await process.EndAsync());
    }

    /// <summary>Whether the worker's group has read and acknowledged all there is.</summary>
    private static async Task<bool> IsTakenAsync(RedisServer redis) =>
        await redis.CommandAsync("EVAL", """
            local taken = 0
            for _, key in ipairs(redis.call('KEYS', 'mtrec:events:*')) do
              if redis.call('TYPE', key).ok == 'stream' and redis.call('XLEN', key) > 0 then
                local group = redis.call('XINFO', 'GROUPS', key)[1]
                -- name, consumers, pending, last-delivered-id: each after its label.
                if not group or group[6] > 0 or group[8] ~= redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1][1] then return 'no' end
                taken = taken + redis.call('XLEN', key)
              end
            end
            return taken == 2 and 'yes' or 'no'
            """, "0") == "yes";
}
