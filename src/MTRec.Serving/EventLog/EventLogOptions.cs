using MTRec.Serving.Operations;

namespace MTRec.Serving.EventLog;

/// <summary>Where events go.</summary>
internal enum EventLogSink
{
    /// <summary>Files of this replica.</summary>
    Files,

    /// <summary>Redis Streams that all replicas share: section <see cref="Redis.RedisOptions"/>.</summary>
    RedisStreams,
}

/// <summary>What an answer waits for.</summary>
internal enum EventAcknowledgement
{
    /// <summary>For its events to wait in the queue.</summary>
    Queued,

    /// <summary>For its events to be written.</summary>
    Written,
}

/// <summary>Where events go, and how many may wait: section <c>EventLog</c>.</summary>
internal sealed class EventLogOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "EventLog";

    /// <summary>Where events go. Default Files.</summary>
    public EventLogSink Sink { get; set; } = EventLogSink.Files;

    /// <summary>Folder of the files; a relative one lies below the service's root. Default <c>var/events</c>.</summary>
    public string Folder { get; set; } = "var/events";

    /// <summary>A file that has reached this many bytes is followed by another, from 4,096 on. Default 67,108,864 (64 MiB).</summary>
    public long MaxFileBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Whether every batch is forced to the disk before the next one. Without it a batch is handed to the operating system: it
    /// survives the end of the process, however sudden, but not that of the machine. Default false.
    /// </summary>
    public bool Durable { get; set; }

    /// <summary>
    /// Streams that users are spread over, 1 to 1,024; the same for all replicas. To change it moves users to other streams. Default 16.
    /// </summary>
    public int StreamShards { get; set; } = 16;

    /// <summary>Entries kept in each stream, about, 100 to 100,000,000: the oldest are dropped, whether somebody has read them or not. Default 20,000.</summary>
    public int StreamEntries { get; set; } = 20_000;

    /// <summary>Entries older than that are dropped from the streams, about: 1 minute to 365 days, or 0 to keep them. Default 1 day.</summary>
    public TimeSpan StreamAge { get; set; } = TimeSpan.FromDays(1);

    /// <summary>A batch of events is given that long to arrive in its streams, then it is tried again: 10 milliseconds to 1 minute. Default 2 seconds.</summary>
    public TimeSpan StreamBudget { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What an answer waits for. Queued: for nothing; the end of the process, where it is sudden, loses the events of its last milliseconds. Written: until its
    /// events are written, in the batch of all who wait meanwhile, so that no answered call is missing in the log, whatever ends the process. Default Queued.
    /// </summary>
    public EventAcknowledgement Acknowledge { get; set; } = EventAcknowledgement.Queued;

    /// <summary>
    /// With Written: how long an answer waits at most, 1 millisecond to 1 minute. A rank call is answered then, and says <c>eventLog</c> in <c>degraded</c>; feedback gets 503
    /// and is to be sent again. The events stay in the queue. Default 2 seconds.
    /// </summary>
    public TimeSpan AcknowledgeBudget { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Estimated bytes of events that wait to be written at most, from 4,096 on. Default 134,217,728 (128 MiB).</summary>
    public long QueueBytes { get; set; } = 128 << 20;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Folder))
            yield return "Folder must name a folder.";
        if (MaxFileBytes < 4096)
            yield return $"MaxFileBytes must be at least 4096, not {MaxFileBytes}.";
        if (!Enum.IsDefined(Sink))
            yield return $"Sink must be one of {string.Join(", ", Enum.GetNames<EventLogSink>())}.";
        if (StreamShards is < 1 or > 1024)
            yield return $"StreamShards must be in [1, 1024], not {StreamShards}.";
        if (StreamEntries is < 100 or > 100_000_000)
            yield return $"StreamEntries must be in [100, 100000000], not {StreamEntries}.";
        if (StreamAge != TimeSpan.Zero && (StreamAge < TimeSpan.FromMinutes(1) || StreamAge > TimeSpan.FromDays(365)))
            yield return $"StreamAge must be from 1 minute to 365 days, or 0, not {StreamAge}.";
        if (StreamBudget < TimeSpan.FromMilliseconds(10) || StreamBudget > TimeSpan.FromMinutes(1))
            yield return $"StreamBudget must be from 10 milliseconds to 1 minute, not {StreamBudget}.";
        if (!Enum.IsDefined(Acknowledge))
            yield return $"Acknowledge must be one of {string.Join(", ", Enum.GetNames<EventAcknowledgement>())}.";
        if (AcknowledgeBudget < TimeSpan.FromMilliseconds(1) || AcknowledgeBudget > TimeSpan.FromMinutes(1))
            yield return $"AcknowledgeBudget must be from 1 millisecond to 1 minute, not {AcknowledgeBudget}.";
        if (QueueBytes < 4096)
            yield return $"QueueBytes must be at least 4096, not {QueueBytes}.";
    }
}
