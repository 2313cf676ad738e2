using System.Globalization;
using MTRec.Serving.Redis;
using StackExchange.Redis;

namespace MTRec.Serving.EventLog;

/// <summary>The event log's streams: what who writes and who reads them agree on.</summary>
internal static class EventStreams
{
    /// <summary>The field of an entry that identifies the event.</summary>
    public const string IdField = "id";

    /// <summary>The field of an entry that holds the event as JSON.</summary>
    public const string EventField = "event";

    /// <summary>The key of a stream, <c>prefix:events:{shard}</c>.</summary>
    public static RedisKey Key(RedisOptions redis, int shard) => $"{redis.KeyPrefix}:events:{{{shard.ToString(CultureInfo.InvariantCulture)}}}";
}
