using System.Buffers;
using System.Globalization;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Testing;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Events as the service of <see cref="TestBundles"/> logs them.</summary>
internal static class WorkerEvents
{
    public static readonly DateTimeOffset Start = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An explored exposure of three items, shown in the order of the table.</summary>
    public static ExposureEvent Exposure(string user, string request, DateTimeOffset at, string bundle = "default/1") => new()
    {
        Received = at,
        UserId = user,
        RequestId = request,
        Timestamp = at,
        Bundle = bundle,
        Context = [12, 1],
        User = [30, 1],
        ItemIds = ["v-1", "v-2", "v-3"],
        Scores = [0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f, 0.7f, 0.8f, 0.9f],
        Order = [2, 1, 0],
        FinalScores = [1, 2, 3],
        Action = [1.5f, 2, 3],
        Exploration = new ExposureExploration { Baseline = [1, 2, 3], Lower = [-0.3f, -0.2f, -0.1f], Upper = [0.3f, 0.2f, 0.1f], LogDensity = [-1.5f] },
        Degraded = [],
    };

    public static FeedbackEvent Feedback(string user, string? request, DateTimeOffset at, string item = "v-3", float? watch = 30, string id = "", params string[] actions) => new()
    {
        Received = at,
        UserId = user,
        EventId = id.Length > 0 ? id : $"{request}-{item}",
        RequestId = request,
        ItemId = item,
        Timestamp = at,
        Actions = actions,
        WatchSeconds = watch,
    };

    /// <summary>A visit: exposures half a minute apart, each answered a second later.</summary>
    public static IEnumerable<LoggedEvent> Visit(string user, DateTimeOffset from, int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            var at = from.AddSeconds(30 * step);
            var request = string.Create(CultureInfo.InvariantCulture, $"{user}-{from.UtcTicks}-{step}");
            yield return Exposure(user, request, at);
            yield return Feedback(user, request, at.AddSeconds(1), watch: 5 * (step + 1), actions: step % 2 == 0 ? ["click", "like"] : ["longView"]);
        }
    }

    /// <summary>The events as lines with checksums.</summary>
    public static byte[] Lines(IEnumerable<LoggedEvent> events)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var entry in events)
            EventLine.Write(lines, JsonSerializer.SerializeToUtf8Bytes(entry, LoggedEventJson.Default.LoggedEvent));
        return lines.WrittenSpan.ToArray();
    }

    /// <summary>Appends lines to a file, as the service does: one write.</summary>
    public static void Append(string path, IEnumerable<LoggedEvent> events) => Append(path, Lines(events));

    /// <summary>Appends bytes to a file.</summary>
    public static void Append(string path, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(bytes);
    }
}
