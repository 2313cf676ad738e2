using MTRec.Core.Sessions;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Tests.Sessions;

public sealed class InProcessSessionStoreTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_user_is_forgotten_some_time_after_the_last_feedback()
    {
        var store = Store(new SessionStoreOptions { Expiry = TimeSpan.FromHours(1) });
        await ApplyAsync(store, "u", "e-1");
        _time.Advance(TimeSpan.FromMinutes(40));
        await ApplyAsync(store, "u", "e-2");
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(2, (await store.FindAsync("u", default))!.TotalEvents);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await store.FindAsync("u", default));
        Assert.Equal((0, 0), (store.Users, store.Bytes));

        Assert.True(await ApplyAsync(store, "u", "e-1"));
        Assert.Equal(1, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [Fact]
    public async Task Feedback_to_an_expired_session_starts_a_new_one()
    {
        var store = Store(new SessionStoreOptions { Expiry = TimeSpan.FromHours(1) });
        await ApplyAsync(store, "u", "e-1");
        _time.Advance(TimeSpan.FromHours(1));

        await ApplyAsync(store, "u", "e-2");

        Assert.Equal(1, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [Fact]
    public async Task Who_gave_feedback_longest_ago_makes_room()
    {
        var store = Store(new SessionStoreOptions { MaxUsers = 160 });
        for (var i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await ApplyAsync(store, $"u-{i}", "e");
            await ApplyAsync(store, "faithful", $"e-{i}");
        }

        Assert.InRange(store.Users, 100, 160);
        Assert.Equal(10_000, (await store.FindAsync("faithful", default))!.TotalEvents);
        Assert.NotNull(await store.FindAsync("u-9999", default));
        Assert.Null(await store.FindAsync("u-0", default));
    }

    [Fact]
    public async Task Bytes_are_bounded()
    {
        var store = Store(new SessionStoreOptions { MaxBytes = 1 << 20 });
        for (var i = 0; i < 5000; i++)
            await ApplyAsync(store, $"u-{i}", $"e-{new string('x', 200)}");

        Assert.InRange(store.Bytes, 1 << 19, 1 << 20);
        Assert.InRange(store.Users, 100, 4999);
    }

    [Fact]
    public async Task Concurrent_updates_of_one_user_are_neither_lost_nor_doubled()
    {
        var store = Store(new SessionStoreOptions { EventIds = 10_000 });

        var applied = await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            var count = 0;
            for (var i = 0; i < 2000; i++)
                count += await ApplyAsync(store, "u", $"e-{(i + (thread * 250)) % 2000}") ? 1 : 0;
            return count;
        })));

        Assert.Equal(2000, applied.Sum());
        Assert.Equal(2000, (await store.FindAsync("u", default))!.TotalEvents);
    }

    [Fact]
    public async Task Forgetting_leaves_nothing()
    {
        var store = Store(new SessionStoreOptions());
        await ApplyAsync(store, "u", "e");

        Assert.True(await store.ForgetAsync("u", default));
        Assert.False(await store.ForgetAsync("u", default));
        Assert.Null(await store.FindAsync("u", default));
        Assert.Equal((0, 0), (store.Users, store.Bytes));
    }

    private InProcessSessionStore Store(SessionStoreOptions options)
    {
        Assert.Empty(options.Faults());
        return new InProcessSessionStore(options, _time);
    }

    private ValueTask<bool> ApplyAsync(InProcessSessionStore store, string userId, string eventId, string itemId = "v") =>
        store.ApplyAsync(userId, eventId, new SessionEvent(itemId, _time.GetUtcNow().ToUnixTimeMilliseconds(), UserActions.Click, 3), default);
}
