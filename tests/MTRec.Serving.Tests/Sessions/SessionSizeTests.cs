using MTRec.Core.Sessions;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Tests.Sessions;

/// <summary>Measures the process's memory, so nothing else may run.</summary>
[Collection(nameof(Alone))]
public sealed class SessionSizeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(100)]
    public async Task The_estimate_is_near_the_truth(int events)
    {
        var users = 100_000 / events;
        var store = new InProcessSessionStore(new SessionStoreOptions(), TimeProvider.System);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var user = 0; user < users; user++)
        {
            for (var i = 0; i < events; i++)
                await store.ApplyAsync($"user-{user}", $"event-{user}-{i}", new SessionEvent($"item-{user}-{i}", i, UserActions.Click, 3), default);
        }

        var truth = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(store.Bytes / (double)truth, 0.8, 1.3);
        Assert.Equal(users, store.Users);
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
