using MTRec.Core.Sessions;
using MTRec.Serving.Sessions;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Sessions;

/// <summary>What every session store does.</summary>
public sealed class SessionStoreContractTests(SessionStores stores) : IClassFixture<SessionStores>
{
    private const long Moment = 1_769_890_200_000;

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task An_event_is_remembered_in_every_detail(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions());
        var shown = new SessionEvent("v/ü 一 🎬", Moment, UserActions.Click | UserActions.Report, 12.5f);
        var bare = new SessionEvent("v", Moment + 1, UserActions.None, 0);

        Assert.Null(await store.FindAsync("u", default));
        Assert.True(await store.ApplyAsync("u", "e-1", shown, default));
        Assert.True(await store.ApplyAsync("u", "e-2", bare, default));

        var session = await store.FindAsync("u", default);
        Assert.Equal([shown, bare], session!.Events.AsEnumerable());
        Assert.Equal(2, session.TotalEvents);
        Assert.Null(await store.FindAsync("U", default));
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task An_event_counts_once_for_each_user(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions());

        Assert.True(await ApplyAsync(store, "u-1", "e"));
        Assert.False(await ApplyAsync(store, "u-1", "e"));
        Assert.True(await ApplyAsync(store, "u-2", "e"));

        Assert.Equal(1, (await store.FindAsync("u-1", default))!.TotalEvents);
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task Feedback_ids_are_kept_up_to_their_limit(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions { EventIds = 1000 });
        for (var i = 0; i < 1000; i++)
            Assert.True(await ApplyAsync(store, "u", $"e-{i}"));

        Assert.False(await ApplyAsync(store, "u", "e-0"));
        Assert.True(await ApplyAsync(store, "u", "e-1000"));
        Assert.True(await ApplyAsync(store, "u", "e-0"));
        Assert.False(await ApplyAsync(store, "u", "e-2"));
        Assert.Equal(1002, (await store.FindAsync("u", default))!.TotalEvents);
    }

    /// <summary>Whatever comes, in whatever order, the store holds what <see cref="UserSession.Apply"/> says.</summary>
    [Theory]
    [InlineData("inProcess", 1)]
    [InlineData("inProcess", 2)]
    [RedisInlineData("redis", 1)]
    [RedisInlineData("redis", 2)]
    [RedisInlineData("redis", 3)]
    public async Task Any_events_leave_the_session_that_the_rules_say(string kind, int seed)
    {
        var random = new Random(seed);
        var options = new SessionStoreOptions { Events = 1 + random.Next(60), EventBytes = 1024 + random.Next(3000), EventIds = 1 + random.Next(100) };
        var limits = new SessionLimits(options.Events, options.EventIds, options.EventBytes);
        var store = await stores.StoreAsync(kind, options);
        var expected = UserSession.Empty;
        for (var i = 0; i < 400; i++)
        {
            var id = $"e-{random.Next(300)}";
            var shown = new SessionEvent(
                new string("v一"[random.Next(2)], 1 + random.Next(random.Next(256) + 1)),
                Moment + random.Next(50),
                (UserActions)random.Next(1 << 11),
                random.Next(2) * random.NextSingle());
            (expected, var isNew) = expected.Apply(id, shown, limits);

            Assert.Equal(isNew, await store.ApplyAsync("u", id, shown, default));
            var found = await store.FindAsync("u", default);
            Assert.Equal(expected.Events.AsEnumerable(), found!.Events);
            Assert.Equal(expected.TotalEvents, found.TotalEvents);
        }
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task The_longest_ids_stay_within_the_bytes(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions());
        for (var i = 0; i < 20; i++)
            await store.ApplyAsync("u", $"e-{i}", new SessionEvent($"{i:D2}{new string('一', 254)}", Moment + i, UserActions.Click, 1), default);

        var session = await store.FindAsync("u", default);
        Assert.Equal(["15", "16", "17", "18", "19"], session!.Events.Select(shown => shown.ItemId[..2]));
        Assert.InRange(session.Events.Sum(shown => shown.StoredBytes), 3000, 4000);
        Assert.Equal(20, session.TotalEvents);
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task A_user_is_forgotten_some_time_after_the_last_new_event(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions { Expiry = TimeSpan.FromSeconds(5) });
        await ApplyAsync(store, "u", "e-1");
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        await ApplyAsync(store, "u", "e-2");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(await ApplyAsync(store, "u", "e-1"));
        Assert.NotNull(await store.FindAsync("u", default));

        // What was sent again does not prolong it.
        await Task.Delay(TimeSpan.FromSeconds(2.5));

        Assert.Null(await store.FindAsync("u", default));
        Assert.True(await ApplyAsync(store, "u", "e-1"));
        Assert.Equal(1, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task Forgetting_leaves_nothing(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions());
        await ApplyAsync(store, "u", "e");

        Assert.True(await store.ForgetAsync("u", default));
        Assert.False(await store.ForgetAsync("u", default));
        Assert.Null(await store.FindAsync("u", default));
        Assert.True(await ApplyAsync(store, "u", "e"));
    }

    [Theory]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task Of_64_concurrent_writers_none_loses_or_doubles_an_event(string kind)
    {
        var store = await stores.StoreAsync(kind, new SessionStoreOptions { EventIds = 2000, Events = 1000, EventBytes = 1 << 16 });

        await WriteConcurrentlyAsync(store, store);
    }

    /// <summary>64 writers send 1,024 events of one user, each event by two of them, half through the one store and half through the other.</summary>
    internal static async Task WriteConcurrentlyAsync(ISessionStore one, ISessionStore other)
    {
        var accepted = await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            var store = writer % 2 == 0 ? one : other;
            var count = 0;
            for (var i = 0; i < 32; i++)
            {
                // Writers 2k and 2k + 1 send the same events, from two ends.
                var number = (32 * (writer / 2)) + (writer % 2 == 0 ? i : 31 - i);
                count += await store.ApplyAsync("u", $"e-{number}", new SessionEvent($"v-{number}", Moment + number, UserActions.Click, number), default) ? 1 : 0;
            }

            return count;
        })));

        var session = await one.FindAsync("u", default);
        Assert.Equal(1024, accepted.Sum());
        Assert.Equal(1024, session!.TotalEvents);
        Assert.Equal(Enumerable.Range(24, 1000).Select(number => $"v-{number}"), session.Events.Select(shown => shown.ItemId));
    }

    private static ValueTask<bool> ApplyAsync(ISessionStore store, string userId, string eventId) =>
        store.ApplyAsync(userId, eventId, new SessionEvent("v", Moment, UserActions.Click, 3), default);
}
