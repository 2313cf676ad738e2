using System.Text;
using MTRec.Core.Events;
using MTRec.Serving.Redis;
using StackExchange.Redis;

namespace MTRec.Serving.EventLog;

/// <summary>
/// Events in Redis Streams that all replicas share: <c>prefix:events:{shard}</c>, one user's always in one shard. An entry has the
/// fields <c>id</c>, unique to the event, and <c>event</c>, its JSON (<see cref="EventStreamNames"/>). A batch is one script a shard, all on their way at once. The
/// script knows the number of this writer's last event, so that a batch which is repeated after its answer was lost does not stand
/// twice. Only where a master dies before it has passed a batch on, or the number is evicted, may an event be missing or stand twice;
/// who reads it sees the latter by its id.
/// </summary>
internal sealed class RedisEventLog : IEventLog
{
    // Longer than any outage that events are kept waiting for.
    private static readonly TimeSpan NumberKept = TimeSpan.FromDays(1);
    private static readonly RedisScript AppendEvents = RedisScript.Of("AppendEvents.lua");

    private readonly EventLogOptions _options;
    private readonly TimeProvider _time;
    private readonly RedisConnection _connection;
    private readonly RedisOptions _redis;
    private readonly string _writer = Guid.NewGuid().ToString("N");

    // Numbers of the events that are not known to be in their stream yet; the queue repeats them before it comes with others.
    private readonly Dictionary<LoggedEvent, long> _numbers = new(ReferenceEqualityComparer.Instance);
    private long _lastNumber;

    /// <summary>Begins to connect.</summary>
    public RedisEventLog(EventLogOptions options, RedisOptions redis, TimeProvider time, ILogger<RedisEventLog> logger)
    {
        _options = options;
        _time = time;
        // A connection of its own: a long batch must not stand before a rank call's session.
        _connection = new RedisConnection(redis, "events", time, logger);
        _redis = redis;
    }

    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation)
    {
        foreach (var entry in events)
        {
            if (_numbers.TryAdd(entry, _lastNumber + 1))
                _lastNumber++;
        }

        await _connection.WaitAsync(_options.StreamBudget, cancellation);
        try
        {
            await Task.WhenAll(events.GroupBy(entry => ShardOf(entry.UserId)).Select(shard => AppendAsync(shard.Key, shard))).WaitAsync(_options.StreamBudget, _time, cancellation);
        }
        catch (Exception e) when (e is RedisException or RedisNotReachedException or TimeoutException)
        {
            throw new IOException("Redis takes no events.", e);
        }

        _numbers.Clear();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    // The same on every replica and in every version: a user's events stay in their order.
    private int ShardOf(string userId) => (int)(Crc32C.Of(Encoding.UTF8.GetBytes(userId)) % (uint)_options.StreamShards);

    private async Task AppendAsync(int shard, IEnumerable<LoggedEvent> events)
    {
        var stream = EventStreams.Key(_redis, shard);
        RedisValue[] values =
        [
            _options.StreamEntries,
            (long)_options.StreamAge.TotalSeconds,
            (long)NumberKept.TotalMilliseconds,
            _writer,
            .. events.SelectMany(entry => new RedisValue[] { _numbers[entry], EventJson.Of(entry) }),
        ];
        await AppendEvents.RunAsync(_connection.Database, [stream, stream.Append($":writer:{_writer}")], values);
    }
}
