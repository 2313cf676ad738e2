using System.Globalization;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using MTRec.Trainer.Worker.Intake;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using StackExchange.Redis;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>A worker process reads while servers under it are killed, and while events keep coming.</summary>
public sealed class RedisFailureTests : IDisposable
{
    private const int Shards = 4;

    // As the service's script does: an event that is sent again is not added again.
    private const string Script = "if redis.call('SET', KEYS[2], '1', 'NX') then return redis.call('XADD', KEYS[1], '*', 'id', ARGV[1], 'event', ARGV[2]) end return 'there'";

    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [RedisFact]
    public async Task Killed_and_started_again_with_its_append_only_file_it_loses_nothing_and_nothing_comes_twice()
    {
        const int Kills = 3;
        // Not everysec: that one answers before it writes while an earlier write is on its way to the disk, and a kill then loses what was acknowledged.
        await using var server = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "no");
        using var worker = Mtrec.Start(Arguments(server.Address));
        await using var writer = new Writer(() => (server.Address, 0)).Begin();
        for (var kill = 0; kill < Kills; kill++)
        {
            await Eventually.TrueAsync(() => Entries() > 200 * (kill + 1), worker);
            await server.KillAsync();
            await Task.Delay(300);
            await server.StartAgainAsync();
        }

        await Eventually.TrueAsync(() => Entries() > 200 * (Kills + 1), worker);
        await AssertAllIsThereOnceAsync(await writer.EndAsync(), server.Address, worker);
        Assert.Contains("Tried again", worker.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("was gone and is made again", worker.Error, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task A_replica_that_takes_over_is_gone_on_with_where_the_master_ended()
    {
        await using var master = await RedisServer.StartAsync();
        await using var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture));
        var serving = (master.Address, Replicas: 1);
        using var worker = Mtrec.Start(Arguments($"{master.Address},{replica.Address}"));
        await using var writer = new Writer(() => serving).Begin();
        await Eventually.TrueAsync(() => Entries() > 200, worker);

        await master.KillAsync();
        Assert.Equal("OK", await replica.CommandAsync("REPLICAOF", "NO", "ONE"));
        serving = (replica.Address, Replicas: 0);

        var before = Entries();
        await Eventually.TrueAsync(() => Entries() > before + 200, worker);
        await AssertAllIsThereOnceAsync(await writer.EndAsync(), replica.Address, worker);
    }

    private async Task AssertAllIsThereOnceAsync(int written, string address, RunningProcess worker)
    {
        await Eventually.TrueAsync(() => Entries() >= written, worker);
        worker.Signal("TERM");
        Assert.True(await worker.EndAsync() == 0, worker.Said);

        var commit = await _bench.CatchUpAsync(new StreamSource(address, "mtrec", Shards, "worker", TimeProvider.System));
        Assert.Equal((written, 0, 0), (commit.Counts.Entries, commit.Counts.Damaged, commit.Counts.Missed));
        using var state = await _bench.OpenAsync();
        using var snapshot = state.Snapshot();
        var parts = Enumerable.Range(0, _bench.Parts).Select(new EventWindow(snapshot).Read).ToArray();
        Assert.Equal(written, parts.Sum(part => part.Events.Count));
        Assert.All(parts, part => Assert.Equal(default, part.Duplicates));
    }

    private string[] Arguments(string addresses) =>
    [
        "worker", "--events", $"redis://{addresses}", "--registry", _bench.Registry, "--state", _bench.State,
        "--parts", $"{_bench.Parts}", "--shards", Shards.ToString(CultureInfo.InvariantCulture),
    ];

    private long Entries()
    {
        var path = Path.Combine(_bench.State, "commit");
        return File.Exists(path) ? Commit.Parse(File.ReadAllBytes(path), path).Counts.Entries : 0;
    }

    /// <summary>Adds events one after the other, each again and again until a server, and so many replicas, have taken it.</summary>
    private sealed class Writer(Func<(string Address, int Replicas)> serving) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _enough = new();
        private readonly Dictionary<string, ConnectionMultiplexer> _connections = [];
        private Task<int>? _writing;

        public Writer Begin()
        {
            _writing = Task.Run(WriteAsync);
            return this;
        }

        public async Task<int> EndAsync()
        {
            await _enough.CancelAsync();
            return await _writing!;
        }

        public async ValueTask DisposeAsync()
        {
            await EndAsync();
            foreach (var connection in _connections.Values)
                connection.Dispose();
            _enough.Dispose();
        }

        private async Task<int> WriteAsync()
        {
            var written = 0;
            for (var user = 0; !_enough.IsCancellationRequested; user++)
            {
                foreach (var entry in Visit($"u-{user}", Start.AddSeconds(user), 10))
                {
                    while (!await IsTakenAsync(entry, written))
                        await Task.Delay(20);
                    written++;
                }
            }

            return written;
        }

        private async Task<bool> IsTakenAsync(LoggedEvent entry, int number)
        {
            var (address, replicas) = serving();
            var stream = EventStreamNames.Key("mtrec", UserPart.Of(entry.UserId, Shards));
            try
            {
                if (!_connections.TryGetValue(address, out var connection))
                    _connections.Add(address, connection = await ConnectionMultiplexer.ConnectAsync($"{address},abortConnect=false,connectTimeout=1000,syncTimeout=1000"));
                var database = connection.GetDatabase();
                var json = JsonSerializer.SerializeToUtf8Bytes(entry, LoggedEventJson.Default.LoggedEvent);
                await database.ScriptEvaluateAsync(Script, [stream, $"seen:{number}"], [$"w-{number}", json]).WaitAsync(TimeSpan.FromSeconds(3));
                return replicas == 0 || (long)await database.ExecuteAsync("WAIT", replicas, 2000).WaitAsync(TimeSpan.FromSeconds(3)) >= replicas;
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                return false;
            }
        }
    }
}
