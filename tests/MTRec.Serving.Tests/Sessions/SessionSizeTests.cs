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
        // The middle of three: pools that tests before this one filled shrink when their timers say so.
        var ratios = new List<double>();
        for (var round = 0; round < 3; round++)
            ratios.Add(await RatioAsync(events));
        Assert.InRange(ratios.Order().ElementAt(1), 0.8, 1.3);
    }

    private static async Task<double> RatioAsync(int events)
    {
        var users = 50_000 / events;
        var store = new InProcessSessionStore(new SessionStoreOptions(), TimeProvider.System);
        var before = await SettledMemoryAsync();
        for (var user = 0; user < users; user++)
        {
            for (var i = 0; i < events; i++)
                await store.ApplyAsync($"user-{user}", $"event-{user}-{i}", new SessionEvent($"item-{user}-{i}", i, UserActions.Click, 3), default);
        }

        var truth = await SettledMemoryAsync() - before;
        Assert.Equal(users, store.Users);
        return store.Bytes / (double)truth;
    }

    // What tests before this one left is freed over several collections: finalisers run between them, and pools shrink.
    private static async Task<long> SettledMemoryAsync()
    {
        var (memory, before) = (GC.GetTotalMemory(forceFullCollection: true), long.MaxValue);
        for (var deadline = DateTime.UtcNow.AddSeconds(30); before - memory > 100_000 && DateTime.UtcNow < deadline; await Task.Delay(100))
        {
            GC.WaitForPendingFinalizers();
            (memory, before) = (GC.GetTotalMemory(forceFullCollection: true), memory);
        }

        return memory;
    }
}

[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
