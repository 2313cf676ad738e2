using System.Text;
using MTRec.Core.Events;

namespace MTRec.Serving.Tests;

/// <summary>Reads the event log's files, every line of which must be whole. The service may be writing to them.</summary>
internal static class EventFiles
{
    public static IReadOnlyList<LoggedEvent> Read(string folder) =>
        !Directory.Exists(folder) ? [] : [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(ReadLines).Select(ReadLine)];

    private static IEnumerable<string> ReadLines(string path)
    {
        using var reader = new StreamReader(UnlockedFile.OpenRead(path));
        while (reader.ReadLine() is { } line)
            yield return line;
    }

    private static LoggedEvent ReadLine(string line)
    {
        Assert.Equal(EventLineState.Whole, EventLine.Read(Encoding.UTF8.GetBytes(line), out var entry));
        return entry!;
    }
}
