using System.Globalization;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Serving.Http;
using MTRec.Serving.Operations;

namespace MTRec.Serving.EventLog;

/// <summary>
/// Events in files <c>events-YYYYMMDD-NNNN.jsonl</c>, one <see cref="EventLine"/> an event, UTC days. A line is whole when its newline is
/// there and its checksum fits: opening a file cuts off what a killed process left without newline. Each file has one writer, which holds a lock on it
/// that keeps .NET's other writers and readers out; who reads it meanwhile opens it by <see cref="UnlockedFile"/>.
/// </summary>
internal sealed partial class FileEventLog(EventLogOptions options, ServiceRoot root, TimeProvider time, ILogger<FileEventLog> logger) : IEventLog
{
    private readonly string _folder = root.Resolve(options.Folder);
    private readonly PooledBuffer _lines = new(64 << 10);
    private readonly PooledBuffer _entry = new(16 << 10);
    private FileStream? _file;
    private string _day = "";

    /// <inheritdoc/>
    public async ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation)
    {
        WriteLines(events);
        var file = Open();
        var before = file.Length;
        try
        {
            await file.WriteAsync(_lines.Written, cancellation);
            await file.FlushAsync(cancellation);
            if (options.Durable)
                file.Flush(flushToDisk: true);
        }
        catch
        {
            Abandon(before);
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _entry.Dispose();
        if (_file is not null)
            await _file.DisposeAsync();
        _file = null;
    }

    private void WriteLines(IReadOnlyList<LoggedEvent> events)
    {
        _lines.Clear();
        using var json = new Utf8JsonWriter(_entry);
        foreach (var entry in events)
        {
            if (entry is WrittenEvent written)
            {
                EventLine.Write(_lines, written.Json.Written.Span);
                continue;
            }

            _entry.Clear();
            JsonSerializer.Serialize(json, entry, LoggedEventJson.Default.LoggedEvent);
            json.Flush();
            json.Reset();
            EventLine.Write(_lines, _entry.Written.Span);
        }
    }

    private FileStream Open()
    {
        var day = time.GetUtcNow().ToString("yyyyMMdd", CultureInfo.InvariantCulture);
        // A file that was removed would take events to nowhere.
        if (_file is not null && day == _day && _file.Length < options.MaxFileBytes && File.Exists(_file.Name))
            return _file;

        _file?.Dispose();
        _file = null;
        Directory.CreateDirectory(_folder);
        for (var number = LastNumber(day); ; number++)
        {
            var path = Path.Combine(_folder, $"events-{day}-{number:D4}.jsonl");
            if (TryOpen(path) is not { } file)
                continue;
            if (file.Length >= options.MaxFileBytes)
            {
                file.Dispose();
                continue;
            }

            _day = day;
            return _file = file;
        }
    }

    private int LastNumber(string day) =>
        Directory.EnumerateFiles(_folder, $"events-{day}-*.jsonl")
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path).Split('-')[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .DefaultIfEmpty(1)
            .Max();

    private FileStream? TryOpen(string path)
    {
        FileStream file;
        try
        {
            // No buffer: a batch is one write, so that a sudden end leaves at most one line torn.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another replica writes to it.
            return null;
        }

        var torn = file.Length - WholeLength(file);
        if (torn > 0)
        {
            file.SetLength(file.Length - torn);
            LogTorn(path, torn);
        }

        file.Seek(0, SeekOrigin.End);
        return file;
    }

    /// <summary>Length up to and including the last newline.</summary>
    private static long WholeLength(FileStream file)
    {
        Span<byte> block = stackalloc byte[4096];
        for (var end = file.Length; end > 0;)
        {
            var start = Math.Max(0, end - block.Length);
            file.Seek(start, SeekOrigin.Begin);
            var part = block[..(int)(end - start)];
            file.ReadExactly(part);
            var newline = part.LastIndexOf((byte)'\n');
            if (newline >= 0)
                return start + newline + 1;
            end = start;
        }

        return 0;
    }

    // A half-written batch would be doubled when the call is repeated.
    private void Abandon(long length)
    {
        var file = _file!;
        _file = null;
        try
        {
            file.SetLength(length);
        }
        catch (IOException e)
        {
            LogNotCut(e, file.Name);
        }

        file.Dispose();
    }

    [LoggerMessage(5001, LogLevel.Warning, "{Path} ended in the middle of an event; its last {Bytes} bytes are cut off")]
    private partial void LogTorn(string path, long bytes);

    [LoggerMessage(5002, LogLevel.Error, "A batch that could not be written whole could not be cut off {Path}; events in it may stand twice")]
    private partial void LogNotCut(Exception exception, string path);
}
