using MTRec.Serving.Operations;

namespace MTRec.Serving.EventLog;

/// <summary>Where events go, and how many may wait: section <c>EventLog</c>.</summary>
internal sealed class EventLogOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "EventLog";

    /// <summary>Folder of the files; a relative one lies below the service's root. Default <c>var/events</c>.</summary>
    public string Folder { get; set; } = "var/events";

    /// <summary>A file that has reached this many bytes is followed by another, from 4,096 on. Default 67,108,864 (64 MiB).</summary>
    public long MaxFileBytes { get; set; } = 64 << 20;

    /// <summary>
    /// Whether every batch is forced to the disk before the next one. Without it a batch is handed to the operating system: it
    /// survives the end of the process, however sudden, but not that of the machine. Default false.
    /// </summary>
    public bool Durable { get; set; }

    /// <summary>Estimated bytes of events that wait to be written at most, from 4,096 on. Default 134,217,728 (128 MiB).</summary>
    public long QueueBytes { get; set; } = 128 << 20;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Folder))
            yield return "Folder must name a folder.";
        if (MaxFileBytes < 4096)
            yield return $"MaxFileBytes must be at least 4096, not {MaxFileBytes}.";
        if (QueueBytes < 4096)
            yield return $"QueueBytes must be at least 4096, not {QueueBytes}.";
    }
}
