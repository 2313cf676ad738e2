using System.Globalization;

namespace MTRec.Core.Events;

/// <summary>The event log in Redis Streams: what who writes and who reads them agree on.</summary>
public static class EventStreamNames
{
    /// <summary>The field of an entry that identifies the event.</summary>
    public const string IdField = "id";

    /// <summary>The field of an entry that holds the event as JSON.</summary>
    public const string EventField = "event";

    /// <summary>Streams that users are spread over, where nothing else is configured.</summary>
    public const int DefaultShards = 16;

    /// <summary>Where all keys start, where nothing else is configured.</summary>
    public const string DefaultPrefix = "mtrec";

    /// <summary>The key of a stream, <c>prefix:events:{shard}</c>. The braces make it one Cluster slot with all keys that begin with it.</summary>
    public static string Key(string prefix, int shard) => $"{prefix}:events:{{{shard.ToString(CultureInfo.InvariantCulture)}}}";
}
