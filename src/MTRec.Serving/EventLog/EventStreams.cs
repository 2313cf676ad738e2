using MTRec.Core.Events;
using MTRec.Serving.Redis;
using StackExchange.Redis;

namespace MTRec.Serving.EventLog;

/// <summary>The event log's streams.</summary>
internal static class EventStreams
{
    /// <summary>The key of a stream: <see cref="EventStreamNames.Key"/>.</summary>
    public static RedisKey Key(RedisOptions redis, int shard) => EventStreamNames.Key(redis.KeyPrefix, shard);
}
