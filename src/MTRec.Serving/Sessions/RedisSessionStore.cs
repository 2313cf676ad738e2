using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using MTRec.Core.Sessions;
using MTRec.Serving.Protobuf;
using MTRec.Serving.Redis;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace MTRec.Serving.Sessions;

/// <summary>
/// Sessions in Redis, shared by all replicas. A user is one hash <c>prefix:session:{userId}</c>: the impressions in protobuf, the ids
/// of feedback that was applied as 8 bytes each, and their total. They stand in one key so that they expire, are evicted and move to
/// another node together: impressions without their ids would count an event twice. A rank call is one HMGET; an event is one script,
/// which Redis runs as one step.
/// </summary>
internal sealed class RedisSessionStore : ISessionStore, IAsyncDisposable
{
    private static readonly RedisScript ApplyFeedback = RedisScript.Of("ApplyFeedback.lua");
    private static readonly RedisValue[] Fields = ["events", "total"];

    private readonly RedisConnection _connection;
    private readonly RedisCalls _calls;
    private readonly RedisOptions _redis;
    private readonly string _keyStart;
    private readonly RedisValue[] _limits;

    /// <summary>Begins to connect.</summary>
    public RedisSessionStore(SessionStoreOptions options, RedisOptions redis, TimeProvider time, IMeterFactory meters, ILogger<RedisSessionStore> logger)
    {
        _redis = redis;
        _connection = new RedisConnection(redis, "sessions", time, logger);
        _calls = new RedisCalls(_connection, redis, time, meters, logger);
        _keyStart = $"{redis.KeyPrefix}:session:";
        _limits = [options.Events, options.EventBytes, options.EventIds, (long)options.Expiry.TotalMilliseconds];
    }

    /// <summary>Waits for the first connection and makes a call, so that the first caller waits for neither. A Redis out of reach holds up nothing.</summary>
    public async Task WarmUpAsync(CancellationToken cancellation)
    {
        await _connection.WaitAsync(_redis.ConnectTimeout, cancellation);
        try
        {
            var unknown = Key(Guid.NewGuid().ToString());
            await _calls.CallAsync(database => database.HashGetAsync(unknown, Fields), _redis.ConnectTimeout, cancellation);
        }
        catch (Exception e) when (e is RedisException or RedisNotReachedException or TimeoutException or BrokenCircuitException)
        {
            // The breaker counted it.
        }
    }

    /// <inheritdoc/>
    public async ValueTask<UserSession?> FindAsync(string userId, CancellationToken cancellation)
    {
        var key = Key(userId);
        try
        {
            var found = await _calls.CallAsync(database => database.HashGetAsync(key, Fields), _redis.ReadBudget, cancellation);
            return found[0].IsNull ? null : StoredSessions.Read(found[0]!, (long)found[1]);
        }
        catch (Exception e) when (e is MalformedMessageException or InvalidCastException)
        {
            throw new SessionStoreException("What Redis holds of a user is no session.", mayHaveApplied: false, e);
        }
        catch (Exception e) when (Explain(e, _redis.ReadBudget) is { } failure)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ApplyAsync(string userId, string eventId, SessionEvent sessionEvent, CancellationToken cancellation)
    {
        RedisKey[] keys = [Key(userId)];
        RedisValue[] values = [IdOf(eventId), sessionEvent.TimestampMs, StoredSessions.Element(sessionEvent), .. _limits];
        return (long)await CallAsync(database => ApplyFeedback.RunAsync(database, keys, values), _redis.WriteBudget, cancellation) == 1;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellation)
    {
        var key = Key(userId);
        return await CallAsync(database => database.KeyDeleteAsync(key, CommandFlags.DemandMaster), _redis.WriteBudget, cancellation);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private RedisKey Key(string userId) => $"{_keyStart}{{{userId}}}";

    // Two of a user's latest 10,000 ids have the same 8 bytes by chance once in 10^11 users.
    private static byte[] IdOf(string eventId) => SHA256.HashData(Encoding.UTF8.GetBytes(eventId))[..8];

    private async ValueTask<T> CallAsync<T>(Func<IDatabase, Task<T>> call, TimeSpan budget, CancellationToken cancellation)
    {
        try
        {
            return await _calls.CallAsync(call, budget, cancellation);
        }
        catch (Exception e) when (Explain(e, budget) is { } failure)
        {
            throw failure;
        }
    }

    // Null for what is no failure of Redis.
    private static SessionStoreException? Explain(Exception exception, TimeSpan budget) => exception switch
    {
        BrokenCircuitException => new("Redis did not answer lately and is not asked for a moment.", mayHaveApplied: false, exception),
        RedisNotReachedException => new("Redis is out of reach.", mayHaveApplied: false, exception),
        RedisServerException => new("Redis refused the call.", mayHaveApplied: false, exception),
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect or ConnectionFailureType.UnableToResolvePhysicalConnection } =>
            new("Redis is out of reach.", mayHaveApplied: false, exception),
        RedisException or TimeoutException =>
            new($"Redis did not answer within {budget.TotalMilliseconds} ms, or the connection broke meanwhile.", mayHaveApplied: true, exception),
        _ => null,
    };
}
