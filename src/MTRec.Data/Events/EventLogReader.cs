using System.Security.Cryptography;
using System.Text;
using MTRec.Core.Events;

namespace MTRec.Data.Events;

/// <summary>
/// Reads an event log, of the service or of <c>mtrec simulate</c>: files <c>*.jsonl</c>, one <see cref="EventLine"/> an event. What a
/// sudden end has torn and what the disk has damaged is passed over and counted, never read as an event. Feedback that stands twice
/// counts once: where the service cannot know whether an event was applied it logs it, and the caller sends it again.
/// </summary>
/// <param name="folder">The log's folder.</param>
public sealed class EventLogReader(string folder)
{
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>Events read.</summary>
    public long Events { get; private set; }

    /// <summary>Events among them whose line has no checksum.</summary>
    public long Unchecked { get; private set; }

    /// <summary>Lines that are no event, or not the one that was written.</summary>
    public long Damaged { get; private set; }

    /// <summary>Files that end in the middle of a line. The last file of a service that runs may end so for a moment.</summary>
    public long Torn { get; private set; }

    /// <summary>Feedback that stood there before: the same event of the same user.</summary>
    public long Doubles { get; private set; }

    /// <summary>The events, file by file in the order of their names, each file in the order it was written. To be run through once.</summary>
    /// <exception cref="DataFormatException">The folder has no such file.</exception>
    public IEnumerable<LoggedEvent> Read()
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal)];
        if (files.Length == 0)
            throw new DataFormatException($"{folder}: there is no event file (*.jsonl).");
        return files.SelectMany(ReadFile);
    }

    private IEnumerable<LoggedEvent> ReadFile(string path)
    {
        // The service may be writing to it.
        using var file = UnlockedFile.OpenRead(path);
        var isChecked = false;
        var bytes = new byte[1 << 16];
        var length = 0;
        while (true)
        {
            var read = file.Read(bytes, length, bytes.Length - length);
            length += read;
            var start = 0;
            while (bytes.AsSpan(start, length - start).IndexOf((byte)'\n') is var end and >= 0)
            {
                if (ReadLine(bytes.AsSpan(start, end), ref isChecked) is { } entry)
                    yield return entry;
                start += end + 1;
            }

            length -= start;
            bytes.AsSpan(start, length).CopyTo(bytes);
            if (read == 0)
                break;
            if (length == bytes.Length)
                Array.Resize(ref bytes, 2 * bytes.Length);
        }

        Torn += length > 0 ? 1 : 0;
    }

    private LoggedEvent? ReadLine(ReadOnlySpan<byte> line, ref bool isChecked)
    {
        var state = EventLine.Read(line, out var entry);
        isChecked |= state == EventLineState.Whole;
        // Where others have a checksum, one without has lost it.
        if (state == EventLineState.Damaged || (state == EventLineState.Unchecked && isChecked))
        {
            Damaged++;
            return null;
        }

        if (entry is FeedbackEvent feedback && !_seen.Add(IdOf(feedback)))
        {
            Doubles++;
            return null;
        }

        Events++;
        Unchecked += state == EventLineState.Unchecked ? 1 : 0;
        return entry;
    }

    // 16 bytes an event instead of its strings; two share them by chance once in 10^20 logs of 10^9 events.
    private static UInt128 IdOf(FeedbackEvent feedback) =>
        BitConverter.ToUInt128(SHA256.HashData(Encoding.UTF8.GetBytes($"{feedback.UserId.Length}:{feedback.UserId}{feedback.EventId}")));
}
