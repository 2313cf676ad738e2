using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Serving.Http;

namespace MTRec.Serving.EventLog;

/// <summary>An event that is JSON already, in rented memory: made where its parts are at hand, rather than copied part by part to be written later.</summary>
internal sealed record WrittenEvent : LoggedEvent, IDisposable
{
    /// <summary>What <see cref="LoggedEventJson"/> would write.</summary>
    public required PooledBuffer Json { get; init; }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => Json.Dispose();
}

/// <summary>Events as the log keeps them.</summary>
internal static class EventJson
{
    /// <summary>The JSON of an event, to be kept.</summary>
    public static byte[] Of(LoggedEvent entry) => entry is WrittenEvent written
        ? written.Json.Written.ToArray()
        : JsonSerializer.SerializeToUtf8Bytes(entry, LoggedEventJson.Default.LoggedEvent);
}
