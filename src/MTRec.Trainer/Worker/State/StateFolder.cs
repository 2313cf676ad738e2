using System.Buffers;
using System.Security.Cryptography;
using MTRec.Core.Events;
using MTRec.Data;

namespace MTRec.Trainer.Worker.State;

/// <summary>
/// The worker's memory on disk: <c>commit</c>, the one file that says what counts, and <c>events/DAY/part-PP.G.jsonl</c>, checksummed event lines by
/// the day they were received on and a hash of their user. Files only grow, or are replaced by others of a new generation; so a sudden
/// end leaves bytes that no commit names, and those are cut off or removed. One process at a time has it.
/// </summary>
internal sealed class StateFolder : IDisposable
{
    private const string CommitName = "commit";
    private const string EventsName = "events";
    private static readonly TimeSpan LockCheck = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly FileStream _lock;
    private int _snapshots;
    private long _readToEnd;
    private volatile Commit _commit;

    private StateFolder(string folder, FileStream @lock, Commit commit)
    {
        (_folder, _lock, _commit) = (folder, @lock, commit);
    }

    /// <summary>What counts.</summary>
    public Commit Commit => _commit;

    /// <summary>The folder.</summary>
    public string Folder => _folder;

    /// <summary>When the log had last been read to its end: what was received by then is here. Null before the first time.</summary>
    public DateTimeOffset? ReadToEnd
    {
        get => Interlocked.Read(ref _readToEnd) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        set => Interlocked.Exchange(ref _readToEnd, value?.UtcTicks ?? 0);
    }

    private string Events => Path.Combine(_folder, EventsName);

    /// <summary>Opens a state, or begins one; waits while another process has it.</summary>
    /// <param name="folder">Made where it does not exist.</param>
    /// <param name="parts">Parts that users are spread over, 1 to 1,000; memory holds one at a time.</param>
    /// <param name="waits">Called once where another process has it.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="DataFormatException">The state is damaged, or has another number of parts.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static async Task<StateFolder> OpenAsync(string folder, int parts, Action waits, CancellationToken cancellation)
    {
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        var held = await LockAsync(Path.Combine(folder, "lock"), waits, cancellation);
        try
        {
            var path = Path.Combine(folder, CommitName);
            var isNew = !File.Exists(path);
            var commit = isNew
                ? Commit.Empty(Guid.NewGuid().ToString("N"), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), parts)
                : Commit.Parse(await File.ReadAllBytesAsync(path, cancellation), path);
            if (commit.Parts != parts)
                throw new DataFormatException($"{folder}: the state has {commit.Parts} parts, not {parts}.");
            var state = new StateFolder(folder, held, commit);
            if (isNew)
                state.Write(commit);
            state.Recover();
            return state;
        }
        catch
        {
            await held.DisposeAsync();
            throw;
        }
    }

    /// <summary>Appends events, then commits.</summary>
    /// <param name="lines">For each day and part the lines, and their number.</param>
    /// <param name="commit">Makes the next commit of the files that then count.</param>
    /// <exception cref="IOException">The disk refuses: then nothing has changed.</exception>
    public void Append(IReadOnlyDictionary<(DateOnly Day, int Part), (ReadOnlyMemory<byte> Lines, EventCounts Counts)> lines, Func<IReadOnlyList<PartFile>, Commit> commit)
    {
        var files = _commit.Events.ToDictionary(file => (file.Day, file.Part));
        foreach (var (place, (bytes, counts)) in lines)
        {
            var file = files.GetValueOrDefault(place) ?? new PartFile(place.Day, place.Part, 0, 0, default);
            Write(file, file.Length, bytes.Span);
            files[place] = file with { Length = file.Length + bytes.Length, Counts = file.Counts + counts };
        }

        Write(commit([.. files.Values.OrderBy(file => file.Day).ThenBy(file => file.Part)]));
        Sweep();
    }

    /// <summary>Writes every file of some parts anew that holds events to drop, without them, then commits. Nothing of them is left in the folder once no snapshot is held.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="drops">Whether an event is dropped.</param>
    /// <param name="commit">Makes the next commit of the files that then count, the number of events dropped, and of those whose lines were damaged: they may hold anything, and go too.</param>
    /// <exception cref="IOException">The disk refuses: then nothing has changed.</exception>
    public void Erase(IReadOnlySet<int> parts, Func<LoggedEvent, bool> drops, Func<IReadOnlyList<PartFile>, EventCounts, EventCounts, Commit> commit)
    {
        var files = new List<PartFile>();
        var (dropped, lost) = (default(EventCounts), default(EventCounts));
        foreach (var file in _commit.Events)
        {
            var (kept, ofFile) = parts.Contains(file.Part) ? Without(file, drops) : (file, default);
            dropped += ofFile;
            lost += file.Counts - kept.Counts - ofFile;
            if (kept.Length > 0)
                files.Add(kept);
        }

        Write(commit(files, dropped, lost));
        Sweep();
    }

    /// <summary>Commits.</summary>
    /// <exception cref="IOException">The disk refuses: then nothing has changed.</exception>
    public void Write(Commit commit)
    {
        DurableFiles.Replace(Path.Combine(_folder, CommitName), commit.ToBytes());
        _commit = commit;
    }

    /// <summary>What counts now, to be read at leisure while events come in; its files stay until it is disposed of.</summary>
    public StateSnapshot Snapshot()
    {
        lock (_gate)
        {
            _snapshots++;
            return new StateSnapshot(Events, _commit, ReadToEnd, Release);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static async Task<FileStream> LockAsync(string path, Action waits, CancellationToken cancellation)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                // The system lets go of it when the process ends, however suddenly.
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (isFirst)
                    waits();
            }

            await Task.Delay(LockCheck, cancellation);
        }
    }

    // What a sudden end has left behind the last commit.
    private void Recover()
    {
        foreach (var file in _commit.Events)
        {
            var path = Path.Combine(Events, file.File);
            var length = File.Exists(path) ? new FileInfo(path).Length : 0;
            if (length < file.Length)
                throw new DataFormatException($"{path}: {length} bytes are there of {file.Length} that were written.");
            if (length > file.Length)
                Write(file, file.Length, []);
        }

        Sweep();
    }

    private void Write(PartFile file, long from, ReadOnlySpan<byte> bytes)
    {
        var path = Path.Combine(Events, file.File);
        var folder = Path.GetDirectoryName(path)!;
        var isNew = !File.Exists(path);
        Directory.CreateDirectory(folder);
        using (var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
        {
            // Whatever stands behind belongs to an attempt that failed.
            stream.SetLength(from);
            stream.Seek(from, SeekOrigin.Begin);
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }

        if (isNew)
        {
            DurableFiles.FlushFolder(folder);
            DurableFiles.FlushFolder(Events);
        }
    }

    // The file without what is dropped, as it is or of a new generation, and the number dropped.
    private (PartFile File, EventCounts Dropped) Without(PartFile file, Func<LoggedEvent, bool> drops)
    {
        var lines = new ArrayBufferWriter<byte>();
        var (kept, dropped) = (default(EventCounts), default(EventCounts));
        foreach (var line in PartLines.Read(Path.Combine(Events, file.File), file.Length))
        {
            if (EventLine.Read(line.Span, out var entry) != EventLineState.Whole)
                continue;
            if (drops(entry!))
            {
                dropped += EventCounts.Of(entry!);
                continue;
            }

            kept += EventCounts.Of(entry!);
            lines.Write(line.Span);
            lines.Write("\n"u8);
        }

        if (lines.WrittenCount == file.Length)
            return (file, default);
        var next = file with { Generation = file.Generation + 1, Length = lines.WrittenCount, Counts = kept };
        if (next.Length > 0)
            Write(next, 0, lines.WrittenSpan);
        return (next, dropped);
    }

    // Removes what no commit names, unless somebody may be reading it.
    private void Sweep()
    {
        lock (_gate)
        {
            if (_snapshots > 0 || !Directory.Exists(Events))
                return;
            var named = _commit.Events.Select(file => Path.Combine(Events, file.File)).ToHashSet(StringComparer.Ordinal);
            foreach (var day in Directory.EnumerateDirectories(Events).ToArray())
            {
                foreach (var path in Directory.EnumerateFiles(day).Where(path => !named.Contains(path)).ToArray())
                    File.Delete(path);
                if (!Directory.EnumerateFileSystemEntries(day).Any())
                    Directory.Delete(day);
            }
        }
    }

    private void Release()
    {
        lock (_gate)
            _snapshots--;
        Sweep();
    }
}

/// <summary>The state at one moment.</summary>
/// <param name="events">The folder of events.</param>
/// <param name="commit">What counts.</param>
/// <param name="readToEnd">As <see cref="StateFolder.ReadToEnd"/>.</param>
/// <param name="release">Called once at the end.</param>
internal sealed class StateSnapshot(string events, Commit commit, DateTimeOffset? readToEnd, Action release) : IDisposable
{
    private Action? _release = release;

    /// <summary>What counts.</summary>
    public Commit Commit => commit;

    /// <summary>Until when everything is known to be here: the newest event, or later where the log was read to its end later. Null where nothing ever came.</summary>
    public DateTimeOffset? Until => commit.Newest > readToEnd || readToEnd is null ? commit.Newest : commit.Newest is null ? null : readToEnd;

    /// <summary>The path of a part's file.</summary>
    public string PathOf(PartFile file) => Path.Combine(events, file.File);

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
