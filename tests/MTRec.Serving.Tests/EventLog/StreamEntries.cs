using System.Text.Json;
using MTRec.Core.Events;
using StackExchange.Redis;

namespace MTRec.Serving.Tests.EventLog;

/// <summary>One entry of the event log's streams.</summary>
internal sealed record StreamEntry(int Stream, string Id, LoggedEvent Logged)
{
    public FeedbackEvent Feedback => (FeedbackEvent)Logged;
}

/// <summary>Reads the streams of prefix <c>t</c>, as somebody would who knows nothing of the service but its README.</summary>
internal static class StreamEntries
{
    public static async Task<IReadOnlyList<StreamEntry>> ReadAsync(string addresses)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(addresses);
        var entries = new List<StreamEntry>();
        for (var shard = 0; shard < 16; shard++)
        {
            RedisKey stream = $"t:events:{{{shard}}}";
            foreach (var entry in await redis.GetDatabase().StreamRangeAsync(stream))
            {
                Assert.Equal(["id", "event"], entry.Values.Select(field => (string)field.Name!));
                entries.Add(new StreamEntry(shard, (string)entry["id"]!, JsonSerializer.Deserialize((string)entry["event"]!, LoggedEventJson.Default.LoggedEvent)!));
            }
        }

        return entries;
    }
}
