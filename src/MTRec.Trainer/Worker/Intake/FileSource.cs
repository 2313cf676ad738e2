using System.Buffers;
using System.Security.Cryptography;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Intake;

/// <summary>
/// The event files (<c>*.jsonl</c>) of a folder and those below it, of all replicas that write there: whole lines alone. A file is known by
/// its first line, whatever its name: one that is renamed is read on, one that is made anew under an old name is read from its start. One that was cut
/// back below what was read is read again; what it gives twice is seen by its id later.
/// </summary>
/// <param name="folder">The folder; it need not exist yet.</param>
/// <param name="time">The clock.</param>
/// <param name="batchBytes">Bytes read at once, about; a longer line is read nevertheless.</param>
internal sealed class FileSource(string folder, TimeProvider time, int batchBytes = 8 << 20) : IEventSource
{
    private static readonly EnumerationOptions AllBelow = new() { RecurseSubdirectories = true, IgnoreInaccessible = false };

    // By path and the time the file was made: a first line never changes.
    private readonly Dictionary<(string Path, DateTime Made), string> _names = [];

    /// <inheritdoc/>
    public ValueTask<SourceBatch> ReadAsync(Commit commit, CancellationToken cancellation)
    {
        var places = new Dictionary<string, FilePlace>(commit.Files, StringComparer.Ordinal);
        var entries = new List<SourceEntry>();
        var left = batchBytes;
        if (Directory.Exists(folder))
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.jsonl", AllBelow).Order(StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                try
                {
                    left -= Read(path, places, entries, left);
                }
                catch (FileNotFoundException)
                {
                    // Somebody tidies up.
                }

                if (left <= 0)
                    break;
            }
        }

        return ValueTask.FromResult(new SourceBatch(entries, places, commit.Streams));
    }

    /// <inheritdoc/>
    public ValueTask CommittedAsync(CancellationToken cancellation) => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    /// <returns>Bytes read.</returns>
    private int Read(string path, Dictionary<string, FilePlace> places, List<SourceEntry> entries, int most)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var key = (path, File.GetCreationTimeUtc(path));
        if (_names.TryGetValue(key, out var name) && places.GetValueOrDefault(name) is { } known && known.Position == new FileInfo(path).Length)
        {
            places[name] = known with { Seen = today };
            return 0;
        }

        using var file = UnlockedFile.OpenRead(path);
        if (name is null && (name = NameOf(file)) is null)
            return 0;
        _names[key] = name;
        var place = places.GetValueOrDefault(name) ?? new FilePlace(0, IsChecked: false, today);
        place = place with { Position = Start(file, place.Position), Seen = today };
        var bytes = Lines(file, place.Position, most);
        var isChecked = place.IsChecked;
        for (var rest = bytes; rest.Length > 0;)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            entries.Add(Entry(rest[..(end + 1)], ref isChecked));
            rest = rest[(end + 1)..];
        }

        places[name] = place with { Position = place.Position + bytes.Length, IsChecked = isChecked };
        return bytes.Length;
    }

    // Null where the first line is not whole yet.
    private static string? NameOf(FileStream file)
    {
        var line = Lines(file, 0, 1);
        return line.Length == 0 ? null : Convert.ToHexStringLower(SHA256.HashData(line.Span[..line.Span.IndexOf((byte)'\n')]).AsSpan(0, 16));
    }

    // A writer that could not write a batch whole cuts it off and writes it again, perhaps without what was forgotten meanwhile.
    private static long Start(FileStream file, long position)
    {
        if (position == 0 || file.Length < position)
            return 0;
        file.Seek(position - 1, SeekOrigin.Begin);
        return file.ReadByte() == '\n' ? position : 0;
    }

    // Whole lines from a position on, at least one where there is one.
    private static ReadOnlyMemory<byte> Lines(FileStream file, long position, int most)
    {
        var available = file.Length - position;
        file.Seek(position, SeekOrigin.Begin);
        var bytes = new byte[Math.Min(available, Math.Max(most, 1 << 12))];
        for (var held = 0; ;)
        {
            held += file.ReadAtLeast(bytes.AsSpan(held), bytes.Length - held, throwOnEndOfStream: false);
            var end = bytes.AsSpan(0, held).LastIndexOf((byte)'\n');
            if (end >= 0 || held < bytes.Length || held == available)
                return bytes.AsMemory(0, end + 1);
            Array.Resize(ref bytes, (int)Math.Min(available, 2L * bytes.Length));
        }
    }

    private static SourceEntry Entry(ReadOnlyMemory<byte> line, ref bool isChecked)
    {
        var content = line[..^1];
        switch (EventLine.Read(content.Span, out var entry))
        {
            case EventLineState.Whole:
                isChecked = true;
                return new SourceEntry(entry, line);
            case EventLineState.Unchecked when !isChecked:
                var written = new ArrayBufferWriter<byte>(content.Length + 32);
                EventLine.Write(written, content.Span.TrimEnd((byte)'\r'));
                return new SourceEntry(entry, written.WrittenMemory);
            default:
                // Where others have a checksum, one without has lost it.
                return SourceEntry.Damaged;
        }
    }
}
