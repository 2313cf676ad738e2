using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MTRec.Serving.Redis;
using MTRec.Serving.Sessions;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Sessions;

/// <summary>Makes session stores for tests; those in Redis share one server, and each test has keys of its own.</summary>
public sealed class SessionStores : IAsyncLifetime
{
    private readonly List<IAsyncDisposable> _made = [];
    private RedisServer? _server;

    internal RedisServer Server => _server!;

    public async Task InitializeAsync() => _server = RedisServer.IsInstalled ? await RedisServer.StartAsync() : null;

    public async Task DisposeAsync()
    {
        foreach (var store in _made)
            await store.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    /// <summary>A new store that remembers nobody.</summary>
    internal async Task<ISessionStore> StoreAsync(string kind, SessionStoreOptions options)
    {
        Assert.Empty(options.Faults());
        return kind == "redis"
            ? await RedisAsync(options, Server.Address, $"t{Guid.NewGuid():N}")
            : new InProcessSessionStore(options, TimeProvider.System);
    }

    internal async Task<RedisSessionStore> RedisAsync(SessionStoreOptions options, string addresses, string prefix, Action<RedisOptions>? change = null)
    {
        // Budgets that a busy machine keeps; the tests of budgets set their own.
        var redis = new RedisOptions { Configuration = addresses, KeyPrefix = prefix, ReadBudget = TimeSpan.FromSeconds(5), WriteBudget = TimeSpan.FromSeconds(10), ConnectTimeout = TimeSpan.FromSeconds(5) };
        change?.Invoke(redis);
        Assert.Empty(redis.Faults());
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        var store = new RedisSessionStore(options, redis, TimeProvider.System, meters, NullLogger<RedisSessionStore>.Instance);
        await store.WarmUpAsync(default);
        lock (_made)
            _made.Add(store);
        return store;
    }
}
