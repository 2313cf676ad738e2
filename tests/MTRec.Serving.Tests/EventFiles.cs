using MTRec.Core.Events;

namespace MTRec.Serving.Tests;

/// <summary>Reads the event log's files, every line of which must be whole.</summary>
internal static class EventFiles
{
    public static IReadOnlyList<LoggedEvent> Read(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines).Select(ReadLine)];

    private static LoggedEvent ReadLine(string line)
    {
        Assert.Equal(EventLineState.Whole, EventLine.Read(System.Text.Encoding.UTF8.GetBytes(line), out var entry));
        return entry!;
    }
}
