using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using MTRec.Core.Events;
using MTRec.Serving.EventLog;
using MTRec.Serving.Redis;
using MTRec.Testing;

namespace MTRec.Serving.Tests.EventLog;

/// <summary>The event log in Redis Streams, over real servers.</summary>
public sealed class RedisEventLogTests
{
    [RedisFact]
    public async Task Events_are_spread_by_user_and_each_users_stay_in_order()
    {
        await using var server = await RedisServer.StartAsync();
        await using var one = Log(server.Address);
        await using var other = Log(server.Address);

        await Task.WhenAll(WriteAsync(one, "a"), WriteAsync(other, "b"));

        var entries = await StreamEntries.ReadAsync(server.Address);
        Assert.Equal(2000, entries.Count);
        Assert.Equal(2000, entries.Select(entry => entry.Id).Distinct().Count());
        Assert.Equal(16, entries.Select(entry => entry.Stream).Distinct().Count());
        foreach (var user in entries.GroupBy(entry => entry.Feedback.UserId))
        {
            Assert.Single(user.Select(entry => entry.Stream).Distinct());
            foreach (var writer in user.GroupBy(entry => entry.Feedback.EventId[0]))
                Assert.Equal(writer.Select(entry => Number(entry)).Order(), writer.Select(Number));
        }

        static async Task WriteAsync(RedisEventLog log, string writer)
        {
            foreach (var batch in Enumerable.Range(0, 1000).Chunk(100))
                await log.AppendAsync([.. batch.Select(i => TestEvents.Feedback($"{writer}{i}", $"u-{i % 50}", DateTimeOffset.UnixEpoch))], default);
        }

        static int Number(StreamEntry entry) => int.Parse(entry.Feedback.EventId[1..], CultureInfo.InvariantCulture);
    }

    [RedisFact]
    public async Task A_batch_that_is_repeated_after_its_answer_was_lost_stands_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var log = Log(server.Address, options => options.StreamBudget = TimeSpan.FromMilliseconds(500));
        LoggedEvent[] batch = [.. Enumerable.Range(0, 100).Select(i => TestEvents.Feedback($"e-{i}", $"u-{i % 10}", DateTimeOffset.UnixEpoch))];
        await UntilTakenAsync(log, [TestEvents.Feedback("e-101", "u-0", DateTimeOffset.UnixEpoch)]);
        server.Signal("STOP");

        // Frozen, the server has the batch already; thawed, it carries it out, and the repetition too.
        await Assert.ThrowsAnyAsync<IOException>(async () => await log.AppendAsync(batch, default));
        await Assert.ThrowsAnyAsync<IOException>(async () => await log.AppendAsync(batch, default));
        server.Signal("CONT");
        await UntilTakenAsync(log, batch);
        await log.AppendAsync([TestEvents.Feedback("e-100", "u-0", DateTimeOffset.UnixEpoch)], default);

        Assert.Equal(
            Enumerable.Range(0, 102).Select(i => $"e-{i}").Order(StringComparer.Ordinal),
            (await StreamEntries.ReadAsync(server.Address)).Select(entry => entry.Feedback.EventId).Order(StringComparer.Ordinal));
    }

    [RedisFact]
    public async Task What_is_forgotten_between_two_attempts_is_not_written()
    {
        await using var server = await RedisServer.StartAsync();
        await using var log = Log(server.Address);
        LoggedEvent[] batch = [.. Enumerable.Range(0, 10).Select(i => TestEvents.Feedback($"e-{i}", "u", DateTimeOffset.UnixEpoch))];
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<IOException>(async () => await log.AppendAsync(batch, default));
        await server.StartAgainAsync();

        await UntilTakenAsync(log, batch[5..]);

        Assert.Equal(["e-5", "e-6", "e-7", "e-8", "e-9"], (await StreamEntries.ReadAsync(server.Address)).Select(entry => entry.Feedback.EventId));
    }

    [RedisFact]
    public async Task Streams_are_trimmed_by_length_and_by_age()
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("eval", "for i = 1, 10000 do redis.call('XADD', KEYS[1], i .. '-1', 'id', 'old', 'event', '{}') end", "1", "t:events:{0}");
        Assert.Equal("10000", await server.CommandAsync("xlen", "t:events:{0}"));
        await using var log = Log(server.Address, options =>
        {
            options.StreamShards = 1;
            options.StreamEntries = 100_000;
        });

        await log.AppendAsync([TestEvents.Feedback("e", "u", DateTimeOffset.UtcNow)], default);
        Assert.InRange(int.Parse(await server.CommandAsync("xlen", "t:events:{0}"), CultureInfo.InvariantCulture), 1, 200);

        await using var shorter = Log(server.Address, options =>
        {
            options.StreamShards = 1;
            options.StreamEntries = 1000;
        });
        foreach (var batch in Enumerable.Range(0, 5000).Chunk(250))
            await shorter.AppendAsync([.. batch.Select(i => TestEvents.Feedback($"e-{i}", "u", DateTimeOffset.UtcNow))], default);
        Assert.InRange(int.Parse(await server.CommandAsync("xlen", "t:events:{0}"), CultureInfo.InvariantCulture), 1000, 1200);
    }

    [RedisFact]
    public async Task Streams_spread_over_a_cluster()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var log = Log(cluster.Addresses);

        await UntilTakenAsync(log, [.. Enumerable.Range(0, 500).Select(i => TestEvents.Feedback($"e-{i}", $"u-{i}", DateTimeOffset.UnixEpoch))]);

        var entries = await StreamEntries.ReadAsync(cluster.Addresses);
        Assert.Equal(500, entries.Select(entry => entry.Feedback.EventId).Distinct().Count());
        var sizes = await Task.WhenAll(cluster.Nodes.Select(node => node.CommandAsync("dbsize")));
        // A replica may not have followed yet.
        Assert.InRange(sizes.Count(size => int.Parse(size, CultureInfo.InvariantCulture) is >= 2 and <= 30), 3, 6);
    }

    [RedisFact]
    public async Task What_the_service_shows_and_hears_arrives_although_Redis_was_away()
    {
        await using var server = await RedisServer.StartAsync();
        await using var app = await RankApp.StartAsync("--EventLog:Sink=redisStreams", $"--Redis:Configuration={server.Address}", "--Redis:KeyPrefix=t");
        await server.KillAsync();
        var answer = await app.RankAsync(Requests.Rows());
        Assert.Empty(answer.Degraded);
        Assert.Equal(1, (await app.FeedbackAsync(Requests.Event("e-1"))).Accepted);
        await server.StartAgainAsync();

        await Eventually.TrueAsync(
            async () => (await StreamEntries.ReadAsync(server.Address)).Count >= 2, () => "The events did not arrive.", TimeSpan.FromMilliseconds(100));
        await app.FeedbackAsync(Requests.Event("e-2"));
        Assert.Empty(await app.StopAndReadEventsAsync());
        var entries = await StreamEntries.ReadAsync(server.Address);
        Assert.Equal(3, entries.Count);
        Assert.Equal(answer.RequestId, Assert.Single(entries.Select(entry => entry.Logged).OfType<ExposureEvent>()).RequestId);
    }

    private static RedisEventLog Log(string addresses, Action<EventLogOptions>? change = null)
    {
        var options = new EventLogOptions { StreamBudget = TimeSpan.FromSeconds(20) };
        change?.Invoke(options);
        Assert.Empty(options.Faults());
        var redis = new RedisOptions { Configuration = addresses, KeyPrefix = "t", ConnectTimeout = TimeSpan.FromSeconds(5) };
        return new RedisEventLog(options, redis, TimeProvider.System, NullLogger<RedisEventLog>.Instance);
    }

    // As the queue does: again and again until the log takes it.
    private static async Task UntilTakenAsync(RedisEventLog log, LoggedEvent[] batch)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(100))
        {
            try
            {
                await log.AppendAsync(batch, default);
                return;
            }
            catch (IOException) when (DateTime.UtcNow < deadline)
            {
                // Once more.
            }
        }
    }
}
