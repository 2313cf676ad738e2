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

public sealed class StreamIntakeTests : IAsyncLifetime, IDisposable
{
    private const int Shards = 4;

    private readonly WorkerBench _bench = new();
    private RedisServer? _server;
    private ConnectionMultiplexer? _redis;
    private long _written;

    private RedisServer Server => _server!;

    public async Task InitializeAsync()
    {
        if (!RedisServer.IsInstalled)
            return;
        _server = await RedisServer.StartAsync();
        await ConnectAsync();
    }

    public async Task DisposeAsync()
    {
        _redis?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    public void Dispose() => _bench.Dispose();

    [RedisFact]
    public async Task Entries_are_taken_in_once_and_acknowledged()
    {
        await AddAsync([.. Enumerable.Range(0, 10).SelectMany(user => Visit($"u-{user}", Start, 30))]);
        await Database.StreamAddAsync(EventStreamNames.Key("mtrec", 0), [new("id", "odd-1"), new("event", "{\"type\":\"what\"}")]);
        var first = await _bench.CatchUpAsync(Source());
        await AddAsync([.. Visit("u-99", Start, 5)]);
        var second = await _bench.CatchUpAsync(Source());
        var third = await _bench.CatchUpAsync(Source());

        Assert.Equal((601, 1, 0, new EventCounts(300, 300)), (first.Counts.Entries, first.Counts.Damaged, first.Counts.Missed, first.Counts.Received));
        Assert.Equal(new EventCounts(305, 305), second.Counts.Received);
        Assert.Equal(second.ToBytes(), third.ToBytes());
        Assert.Equal(610, (await _bench.ReadAsync()).Count);
        await AssertNothingPendsAsync();
    }

    [RedisFact]
    public async Task What_was_handed_out_and_not_committed_comes_again_and_what_was_committed_and_not_acknowledged_does_not()
    {
        await AddAsync([.. Visit("u-1", Start, 3)]);
        using (var state = await _bench.OpenAsync())
        {
            // Ends between the reading and the commit.
            await using var source = Source();
            Assert.Equal(6, (await source.ReadAsync(state.Commit, CancellationToken.None)).Entries.Count);
        }

        await AddAsync([.. Visit("u-1", Start.AddHours(1), 2)]);
        using (var state = await _bench.OpenAsync())
        {
            // Ends between the commit and the acknowledgement.
            await using var source = new Unacknowledging(Source());
            var intake = new EventIntake(state, source, 14, TimeProvider.System);
            Assert.Equal(6, await intake.StepAsync(CancellationToken.None));
        }

        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((10, new EventCounts(5, 5), 0), (commit.Counts.Entries, commit.Counts.Received, commit.Counts.Missed));
        await AssertNothingPendsAsync();
    }

    [RedisFact]
    public async Task Kill_9_of_the_worker_again_and_again_loses_nothing_and_doubles_nothing()
    {
        const int Kills = 10, Steps = 20;
        var random = new Random(5);
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var visits = 0;
            for (; !enough.IsCancellationRequested; visits++)
                await AddAsync([.. Visit($"u-{visits}", Start.AddSeconds(visits), Steps)]);
            return visits;
        });
        for (var (kill, before) = (0, 0L); kill < Kills; kill++, before = Entries())
        {
            using var worker = Mtrec.Start(Arguments(_bench.State));
            await Eventually.TrueAsync(() => Entries() > before, worker);
            await Task.Delay(random.Next(100));
            worker.Signal("KILL");
            await worker.EndAsync();
        }

        await enough.CancelAsync();
        var visits = await writing;
        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((2 * visits * Steps, 0, 0), (commit.Counts.Entries, commit.Counts.Damaged, commit.Counts.Missed));
        using var state = await _bench.OpenAsync();
        using var snapshot = state.Snapshot();
        var parts = Enumerable.Range(0, 4).Select(new EventWindow(snapshot).Read).ToArray();
        Assert.All(parts, part => Assert.Equal((default, default), (part.Duplicates, part.Damaged)));
        Assert.Equal(2 * visits * Steps, parts.Sum(part => part.Events.Count));
        await AssertNothingPendsAsync();
    }

    [RedisFact]
    public async Task Redis_killed_and_started_empty_is_gone_on_with()
    {
        await AddAsync([.. Visit("u-1", Start, 5)]);
        using var worker = Mtrec.Start(Arguments(_bench.State));
        await Eventually.TrueAsync(() => Entries() == 10, worker);

        await Server.KillAsync();
        await Eventually.TrueAsync(() => worker.Error.Contains("Tried again", StringComparison.Ordinal), worker);
        await Server.StartAgainAsync();
        await ConnectAsync();
        await AddAsync([.. Visit("u-2", Start, 5)]);
        await Eventually.TrueAsync(() => Entries() == 20, worker);
        worker.Signal("TERM");

        Assert.Equal(0, await worker.EndAsync());
        Assert.Equal(20, (await _bench.ReadAsync()).Count);
        Assert.Contains("the consumer group 'worker' was gone and is made again; 10 entries had been read", worker.Error, StringComparison.Ordinal);
    }

    [RedisFact]
    public async Task What_was_known_to_be_in_a_server_that_came_back_empty_and_was_not_read_is_counted_as_missed()
    {
        await AddAsync([.. Visit("u-1", Start, 150)]);
        using (var state = await _bench.OpenAsync())
        {
            // A page of 100 of the 300.
            await using var source = Source();
            Assert.Equal(100, await new EventIntake(state, source, 14, TimeProvider.System).StepAsync(CancellationToken.None));
        }

        await Server.KillAsync();
        await Server.StartAgainAsync();
        await ConnectAsync();
        await AddAsync([.. Visit("u-1", Start.AddHours(1), 3)]);
        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((106, 200), (commit.Counts.Entries, commit.Counts.Missed));
        await AssertNothingPendsAsync();
        Assert.Equal(commit.ToBytes(), (await _bench.CatchUpAsync(Source())).ToBytes());
    }

    [RedisFact]
    public async Task A_deleted_group_of_a_stream_that_is_still_there_doubles_nothing()
    {
        await AddAsync([.. Visit("u-1", Start, 5)]);
        await _bench.CatchUpAsync(Source());
        await Database.StreamDeleteConsumerGroupAsync(Stream("u-1"), "worker");
        await AddAsync([.. Visit("u-1", Start.AddHours(1), 2)]);

        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((14, 0), (commit.Counts.Entries, commit.Counts.Missed));
        await AssertNothingPendsAsync();
    }

    [RedisFact]
    public async Task Entries_that_were_trimmed_before_they_were_read_are_counted()
    {
        await AddAsync([.. Visit("u-1", Start, 5)]);
        await _bench.CatchUpAsync(Source());
        await AddAsync([.. Visit("u-1", Start.AddHours(1), 10)]);
        await Database.StreamTrimAsync(Stream("u-1"), 6);

        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((16, 14), (commit.Counts.Entries, commit.Counts.Missed));
        Assert.Equal(0, (await _bench.CatchUpAsync(Source())).Counts.Missed - commit.Counts.Missed);
    }

    [RedisFact]
    public async Task Entries_that_were_trimmed_after_they_were_handed_out_are_counted_once()
    {
        await AddAsync([.. Visit("u-1", Start, 5)]);
        await _bench.CatchUpAsync(Source());
        await AddAsync([.. Visit("u-1", Start.AddHours(1), 10)]);
        Assert.Equal(20, (await Database.StreamReadGroupAsync(Stream("u-1"), "worker", "worker", StreamPosition.NewMessages)).Length);
        await Database.StreamTrimAsync(Stream("u-1"), 6);

        var commit = await _bench.CatchUpAsync(Source());

        Assert.Equal((16, 14), (commit.Counts.Entries, commit.Counts.Missed));
        Assert.Equal(14, (await _bench.CatchUpAsync(Source())).Counts.Missed);
        await AssertNothingPendsAsync();
    }

    [RedisFact]
    public async Task A_second_state_of_the_same_group_is_refused()
    {
        await AddAsync([.. Visit("u-1", Start, 5)]);
        await _bench.CatchUpAsync(Source());
        await AddAsync([.. Visit("u-2", Start, 5)]);

        var other = await Mtrec.RunAsync([.. Arguments(_bench.State + "-2"), "--once"]);

        Assert.Equal(1, other.ExitCode);
        Assert.Contains("belongs to another worker's state", other.Error, StringComparison.Ordinal);
        Assert.Equal(new EventCounts(10, 10), (await _bench.CatchUpAsync(Source())).Counts.Received);
    }

    private IDatabase Database => _redis!.GetDatabase();

    private static RedisKey Stream(string user) => EventStreamNames.Key("mtrec", UserPart.Of(user, Shards));

    private StreamSource Source() => new(Server.Address, "mtrec", Shards, "worker", TimeProvider.System);

    private string[] Arguments(string state) =>
    [
        "worker", "--events", $"redis://{Server.Address}", "--registry", _bench.Registry, "--state", state,
        "--parts", $"{_bench.Parts}", "--shards", Shards.ToString(CultureInfo.InvariantCulture),
    ];

    private async Task ConnectAsync()
    {
        _redis?.Dispose();
        _redis = await ConnectionMultiplexer.ConnectAsync(Server.Address);
    }

    // As the service's script does: a user's events in one stream, in their order.
    private async Task AddAsync(LoggedEvent[] events)
    {
        foreach (var entry in events)
        {
            await Database.StreamAddAsync(Stream(entry.UserId),
            [
                new(EventStreamNames.IdField, string.Create(CultureInfo.InvariantCulture, $"w-{++_written}")),
                new(EventStreamNames.EventField, JsonSerializer.SerializeToUtf8Bytes(entry, LoggedEventJson.Default.LoggedEvent)),
            ]);
        }
    }

    private async Task AssertNothingPendsAsync()
    {
        for (var shard = 0; shard < Shards; shard++)
            Assert.Equal(0, (await Database.StreamPendingAsync(EventStreamNames.Key("mtrec", shard), "worker")).PendingMessageCount);
    }

    private long Entries()
    {
        var path = Path.Combine(_bench.State, "commit");
        return File.Exists(path) ? Commit.Parse(File.ReadAllBytes(path), path).Counts.Entries : 0;
    }

    /// <summary>Ends before it acknowledges.</summary>
    private sealed class Unacknowledging(IEventSource source) : IEventSource
    {
        public ValueTask<SourceBatch> ReadAsync(Commit commit, CancellationToken cancellation) => source.ReadAsync(commit, cancellation);

        public ValueTask CommittedAsync(CancellationToken cancellation) => default;

        public ValueTask DisposeAsync() => source.DisposeAsync();
    }
}
