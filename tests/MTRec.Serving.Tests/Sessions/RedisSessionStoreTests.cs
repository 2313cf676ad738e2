using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using MTRec.Core.Sessions;
using MTRec.Serving.Sessions;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Sessions;

/// <summary>What only a store in Redis does, over real servers.</summary>
public sealed class RedisSessionStoreTests(SessionStores stores) : IClassFixture<SessionStores>
{
    private static readonly SessionEvent Shown = new("v", 1_769_890_200_000, UserActions.Click, 3);

    [RedisFact]
    public async Task Two_replicas_share_users_and_neither_lose_nor_double_an_event()
    {
        var options = new SessionStoreOptions { EventIds = 2000, Events = 1000, EventBytes = 1 << 16 };
        var one = await stores.RedisAsync(options, stores.Server.Address, "shared");
        var other = await stores.RedisAsync(options, stores.Server.Address, "shared");

        await SessionStoreContractTests.WriteConcurrentlyAsync(one, other);
    }

    [RedisFact]
    public async Task A_user_is_one_key_with_its_prefix_its_tag_its_expiry_and_few_bytes()
    {
        var store = await stores.RedisAsync(new SessionStoreOptions { Expiry = TimeSpan.FromHours(1) }, stores.Server.Address, "size");
        for (var i = 0; i < 1200; i++)
            await store.ApplyAsync("u-1", $"{i}{new string('x', 250)}", new SessionEvent($"{i:D4}-8a2f-4e1b-9c3d-0123456789ab-0123", Shown.TimestampMs + i, UserActions.Click, i), default);

        Assert.Equal("size:session:{u-1}", await stores.Server.CommandAsync("keys", "size:*"));
        Assert.InRange(await NumberAsync("pttl", "size:session:{u-1}"), 3_500_000, 3_600_000);
        Assert.InRange(await NumberAsync("hstrlen", "size:session:{u-1}", "events"), 3900, 4000);
        Assert.Equal(8000, await NumberAsync("hstrlen", "size:session:{u-1}", "ids"));
        Assert.Equal(1200, await NumberAsync("hget", "size:session:{u-1}", "total"));
    }

    [RedisFact]
    public async Task A_server_that_lost_its_scripts_is_sent_them_again()
    {
        var store = await stores.RedisAsync(new SessionStoreOptions(), stores.Server.Address, "flushed");
        Assert.True(await store.ApplyAsync("u", "e-1", Shown, default));
        await stores.Server.CommandAsync("script", "flush");

        Assert.True(await store.ApplyAsync("u", "e-2", Shown, default));
        Assert.Equal(2, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [RedisFact]
    public async Task What_is_no_session_is_not_read_as_one()
    {
        var store = await stores.RedisAsync(new SessionStoreOptions(), stores.Server.Address, "bad");
        await stores.Server.CommandAsync("hset", "bad:session:{u}", "events", "no protobuf", "total", "1");

        Assert.False((await Assert.ThrowsAsync<SessionStoreException>(async () => await store.FindAsync("u", default))).MayHaveApplied);
    }

    [RedisFact]
    public async Task Answers_are_handled_side_by_side()
    {
        var store = await stores.RedisAsync(new SessionStoreOptions(), stores.Server.Address, "parallel");
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(Math.Max(workers, 24), ports);
        var watch = Stopwatch.StartNew();

        // What follows an answer, such as scoring, must not hold up the next answer.
        await Task.WhenAll(Enumerable.Range(0, 16).Select(i => Task.Run(async () =>
        {
            await store.FindAsync($"u-{i}", default);
            Thread.Sleep(500);
        })));

        ThreadPool.SetMinThreads(workers, ports);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.5, 5);
    }

    [RedisFact]
    public async Task A_killed_server_costs_its_budget_and_is_back_within_ten_seconds()
    {
        await using var server = await RedisServer.StartAsync();
        var store = await stores.RedisAsync(new SessionStoreOptions(), server.Address, "killed", redis =>
        {
            redis.ReadBudget = TimeSpan.FromSeconds(1);
            redis.WriteBudget = TimeSpan.FromSeconds(2);
        });
        Assert.True(await store.ApplyAsync("u", "e-1", Shown, default));
        await server.KillAsync();

        for (var i = 0; i < 20; i++)
        {
            var failure = await FailsWithinAsync(TimeSpan.FromSeconds(4), () => store.FindAsync("whoever", default).AsTask());
            Assert.DoesNotContain("whoever", failure.ToString(), StringComparison.Ordinal);
        }

        await FailsWithinAsync(TimeSpan.FromSeconds(4), () => store.ApplyAsync("u", "e-2", Shown, default).AsTask());

        await server.StartAgainAsync();
        var watch = Stopwatch.StartNew();
        while (!await SucceedsAsync(store))
            await Task.Delay(50);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.True(await store.ApplyAsync("u", "e-2", Shown, default));
    }

    [RedisFact]
    public async Task A_frozen_server_costs_its_budget_until_the_breaker_opens_and_the_same_event_sent_again_counts_once()
    {
        await using var server = await RedisServer.StartAsync();
        var store = await stores.RedisAsync(new SessionStoreOptions(), server.Address, "frozen", redis =>
        {
            redis.ReadBudget = TimeSpan.FromMilliseconds(300);
            redis.WriteBudget = TimeSpan.FromSeconds(2);
            redis.BreakerWindow = TimeSpan.FromSeconds(20);
            redis.BreakDuration = TimeSpan.FromSeconds(3);
        });
        Assert.True(await store.ApplyAsync("u", "e-1", Shown, default));
        server.Signal("STOP");

        var unknown = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.ApplyAsync("u", "e-2", Shown, default));
        Assert.True(unknown.MayHaveApplied);
        for (var i = 0; i < 10; i++)
            await FailsWithinAsync(TimeSpan.FromSeconds(4), () => store.FindAsync("u", default).AsTask());
        var open = Stopwatch.StartNew();
        var kept = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.ApplyAsync("u", "e-3", Shown, default));
        Assert.False(kept.MayHaveApplied);
        Assert.InRange(open.ElapsedMilliseconds, 0, 1500);

        // Thawed, the server does what it was asked for; nobody counts it twice.
        server.Signal("CONT");
        for (var deadline = DateTime.UtcNow.AddSeconds(20); !await SucceedsAsync(store); await Task.Delay(50))
            Assert.True(DateTime.UtcNow < deadline);
        Assert.False(await store.ApplyAsync("u", "e-2", Shown, default));
        Assert.True(await store.ApplyAsync("u", "e-3", Shown, default));
        Assert.Equal(3, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [RedisFact]
    public async Task No_server_at_the_start_is_no_failure_of_the_start()
    {
        var port = FreePort.Find();
        var store = await stores.RedisAsync(new SessionStoreOptions(), $"localhost:{port}", "late", redis => redis.ConnectTimeout = TimeSpan.FromMilliseconds(500));

        var failure = await Assert.ThrowsAsync<SessionStoreException>(async () => await store.FindAsync("u", default));

        Assert.False(failure.MayHaveApplied);
    }

    [RedisFact]
    public async Task Users_spread_over_a_cluster_and_outlive_the_loss_of_a_master()
    {
        await using var cluster = await RedisCluster.StartAsync();
        var options = new SessionStoreOptions { EventIds = 2000, Events = 1000, EventBytes = 1 << 16 };
        var one = await stores.RedisAsync(options, cluster.Addresses, "c");
        var other = await stores.RedisAsync(options, cluster.Nodes[0].Address, "c");
        foreach (var store in new[] { one, other })
            await ReachesAllAsync(store);
        await SessionStoreContractTests.WriteConcurrentlyAsync(one, other);

        await Task.WhenAll(Enumerable.Range(0, 300).Select(user => (user % 2 == 0 ? one : other).ApplyAsync($"u-{user}", "e", Shown, default).AsTask()));
        int[] sizes = [];
        // Replicas follow a moment later.
        await Eventually.TrueAsync(
            async () =>
            {
                sizes = [.. (await Task.WhenAll(cluster.Nodes.Select(node => node.CommandAsync("dbsize")))).Select(size => int.Parse(size, CultureInfo.InvariantCulture))];
                return sizes.Sum() == 2 * 301;
            },
            () => string.Join(' ', sizes),
            TimeSpan.FromMilliseconds(100));
        Assert.All(sizes, size => Assert.InRange(size, 50, 200));

        await cluster.Nodes[0].KillAsync();
        await Eventually.TrueAsync(
            async () => (await Task.WhenAll(Enumerable.Range(0, 300).Select(user => RemembersAsync(one, $"u-{user}")))).All(remembers => remembers),
            () => "Some users are still out of reach.",
            TimeSpan.FromMilliseconds(200));
    }

    [RedisFact]
    public async Task Feedback_to_one_replica_is_seen_by_another_and_both_go_on_without_Redis()
    {
        await using var server = await RedisServer.StartAsync();
        string[] settings = ["--Sessions:Store=redis", $"--Redis:Configuration={server.Address}", "--Redis:ReadBudget=00:00:02", "--Redis:WriteBudget=00:00:02"];
        await using var one = await RankApp.StartAsync(settings);
        await using var other = await RankApp.StartAsync(settings);
        var before = await other.RankAsync(Requests.Rows());
        Assert.Equal(1, (await one.FeedbackAsync(Requests.Event("e-1", actions: ["click"]))).Accepted);
        Assert.Equal(1, (await other.FeedbackAsync(Requests.Event("e-1", actions: ["click"]))).Duplicates);

        Assert.Equal(1, (await other.SessionAsync("u-1"))!.TotalEvents);
        var after = await other.RankAsync(Requests.Rows());
        Assert.NotEqual(before.Items, after.Items);
        Assert.Empty(after.Degraded);

        await server.KillAsync();
        Assert.Equal(["sessionStore"], (await other.RankAsync(Requests.Rows())).Degraded);
        using var refused = await one.SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(Requests.Event("e-2")) }.ToJsonString());
        await RankRefusalTests.ProblemOf(refused, 503);
    }

    private static async Task<bool> SucceedsAsync(RedisSessionStore store)
    {
        try
        {
            await store.FindAsync("u", default);
            return true;
        }
        catch (SessionStoreException)
        {
            return false;
        }
    }

    // A client opens the connections to a Cluster's nodes one after the other.
    private static async Task ReachesAllAsync(RedisSessionStore store)
    {
        for (var deadline = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < deadline; await Task.Delay(100))
        {
            try
            {
                for (var user = 0; user < 50; user++)
                    await store.ForgetAsync($"probe-{user}", default);
                return;
            }
            catch (SessionStoreException)
            {
                // Not all of them yet.
            }
        }
    }

    private static async Task<bool> RemembersAsync(RedisSessionStore store, string userId)
    {
        try
        {
            return await store.FindAsync(userId, default) is not null;
        }
        catch (SessionStoreException)
        {
            return false;
        }
    }

    private static async Task<SessionStoreException> FailsWithinAsync(TimeSpan time, Func<Task> call)
    {
        var watch = Stopwatch.StartNew();
        var failure = await Assert.ThrowsAsync<SessionStoreException>(call);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, time);
        return failure;
    }

    private async Task<long> NumberAsync(params string[] command) => long.Parse(await stores.Server.CommandAsync(command), CultureInfo.InvariantCulture);
}
