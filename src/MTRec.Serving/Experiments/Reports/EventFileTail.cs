using MTRec.Core.Events;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>
/// Reads the event files of a folder from where it stopped before: what every replica that writes there has logged, in the order of the time of logging.
/// For one thread at a time.
/// </summary>
/// <param name="folder">The folder.</param>
internal sealed class EventFileTail(string folder) : IEventTail
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public long Damaged { get; private set; }

    /// <inheritdoc/>
    public long Missed => 0;

    /// <inheritdoc/>
    public int Sources => _places.Count;

    /// <inheritdoc/>
    /// <returns>Bytes that are left unread.</returns>
    public Task<long> ReadAsync(Action<LoggedEvent> take, Func<bool> goOn, CancellationToken cancellation) =>
        Task.Run(() => Read(take, () => !cancellation.IsCancellationRequested && goOn()), cancellation);

    private long Read(Action<LoggedEvent> take, Func<bool> goOn)
    {
        if (!Directory.Exists(folder))
            return 0;
        var cursors = new List<Cursor>();
        try
        {
            var next = new PriorityQueue<Cursor, (DateTimeOffset, string)>();
            foreach (var path in Directory.EnumerateFiles(folder, "*.jsonl"))
            {
                if (Open(path) is not { } cursor)
                    continue;
                cursors.Add(cursor);
                if (cursor.MoveNext())
                    next.Enqueue(cursor, (cursor.Current!.Received, path));
            }

            while (next.TryDequeue(out var cursor, out _))
            {
                take(cursor.Current!);
                cursor.Take();
                if (!goOn())
                    break;
                if (cursor.MoveNext())
                    next.Enqueue(cursor, (cursor.Current!.Received, cursor.Path));
            }

            return cursors.Sum(cursor => cursor.Unread);
        }
        finally
        {
            foreach (var cursor in cursors)
            {
                _places[cursor.Path] = new Place(cursor.Position, cursor.IsChecked);
                Damaged += cursor.Damaged;
                cursor.Dispose();
            }
        }
    }

    private Cursor? Open(string path)
    {
        try
        {
            return new Cursor(path, _places.GetValueOrDefault(path));
        }
        catch (FileNotFoundException)
        {
            // Somebody tidies up.
            return null;
        }
    }

    /// <summary>How far a file is read, and whether its lines have checksums.</summary>
    private readonly record struct Place(long Position, bool IsChecked);

    /// <summary>One file, from a place on.</summary>
    private sealed class Cursor : IDisposable
    {
        private readonly FileStream _file;
        private byte[] _bytes = new byte[64 << 10];
        private int _start;
        private int _end;
        private int _line;

        public Cursor(string path, Place place)
        {
            Path = path;
            IsChecked = place.IsChecked;
            // The service may be writing to it, and cuts off what it could not write whole.
            _file = UnlockedFile.OpenRead(path);
            Position = Math.Min(place.Position, _file.Length);
            _file.Seek(Position, SeekOrigin.Begin);
        }

        public string Path { get; }

        /// <summary>Where the first line begins that was not taken.</summary>
        public long Position { get; private set; }

        public long Unread => _file.Length - Position;

        public int Damaged { get; private set; }

        /// <summary>Whether a line had a checksum: from then on, one without has lost it.</summary>
        public bool IsChecked { get; private set; }

        public LoggedEvent? Current { get; private set; }

        /// <summary>Finds the next event; a last line without its newline is none yet.</summary>
        public bool MoveNext()
        {
            while (TryReadLine(out var line))
            {
                Current = ReadEvent(line);
                if (Current is not null)
                    return true;
                Damaged++;
                Take();
            }

            return false;
        }

        /// <summary>The current line is done with.</summary>
        public void Take()
        {
            Position += _line;
            _start += _line;
            _line = 0;
        }

        public void Dispose() => _file.Dispose();

        private bool TryReadLine(out ReadOnlySpan<byte> line)
        {
            for (var searched = 0; ;)
            {
                var newline = _bytes.AsSpan(_start + searched, _end - _start - searched).IndexOf((byte)'\n');
                if (newline >= 0)
                {
                    _line = searched + newline + 1;
                    line = _bytes.AsSpan(_start, _line - 1);
                    return true;
                }

                searched = _end - _start;
                MakeRoom();
                var read = _file.Read(_bytes, _end, _bytes.Length - _end);
                _end += read;
                if (read == 0)
                {
                    line = default;
                    return false;
                }
            }
        }

        private void MakeRoom()
        {
            if (_start > 0)
            {
                _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
                (_start, _end) = (0, _end - _start);
            }

            if (_end == _bytes.Length)
                Array.Resize(ref _bytes, 2 * _bytes.Length);
        }

        private LoggedEvent? ReadEvent(ReadOnlySpan<byte> line)
        {
            var state = EventLine.Read(line, out var entry);
            IsChecked |= state == EventLineState.Whole;
            return state == EventLineState.Unchecked && IsChecked ? null : entry;
        }
    }
}
