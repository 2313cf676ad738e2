using System.Text.Json;
using MTRec.Core.Events;

namespace MTRec.Serving.Tests;

/// <summary>Reads the event log's files.</summary>
internal static class EventFiles
{
    public static IReadOnlyList<LoggedEvent> Read(string folder) =>
        !Directory.Exists(folder)
            ? []
            : [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines)
                .Select(line => JsonSerializer.Deserialize(line, LoggedEventJson.Default.LoggedEvent)!)];
}
