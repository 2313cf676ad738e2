using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Data;

namespace MTRec.Trainer.Evaluation;

/// <summary>Reads an event log, of the service or of <c>mtrec simulate</c>: files <c>*.jsonl</c>, one JSON object a line.</summary>
internal static class EventLogFolder
{
    /// <summary>The events, file by file in the order of their names, each file in the order it was written.</summary>
    /// <exception cref="DataFormatException">The folder has no such file, or a line is no event. A last line without its newline is passed over.</exception>
    public static IReadOnlyList<LoggedEvent> Read(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new DataFormatException($"{folder}: there is no event file (*.jsonl).");
        var events = new List<LoggedEvent>();
        foreach (var file in files)
        {
            // The service may be writing to it.
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream);
            var text = reader.ReadToEnd();
            var lines = text.Split('\n');
            for (var line = 0; line + 1 < lines.Length; line++)
                events.Add(Event(file, line + 1, lines[line]));
        }

        return events;
    }

    private static LoggedEvent Event(string file, int line, string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, LoggedEventJson.Default.LoggedEvent)
                ?? throw new DataFormatException($"{file}, line {line}: no event.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{file}, line {line}: no event: {e.Message}", e);
        }
    }
}
