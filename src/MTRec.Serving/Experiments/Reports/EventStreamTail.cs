using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Serving.EventLog;
using MTRec.Serving.Redis;
using StackExchange.Redis;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>
/// Reads the event log's Redis Streams, one after the other, each from the entry after the last that was read. A user's events are all in one stream, in
/// the order of their logging. The counter of all entries that were ever added tells what was trimmed before it was read here.
/// </summary>
internal sealed class EventStreamTail : IEventTail, IAsyncDisposable
{
    private const int Page = 200;

    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly TimeSpan _budget;
    private readonly Stream[] _streams;

    /// <summary>Begins to connect.</summary>
    public EventStreamTail(EventLogOptions log, RedisOptions redis, TimeProvider time, ILogger<EventStreamTail> logger)
    {
        _time = time;
        _budget = log.StreamBudget;
        _connection = new RedisConnection(redis, "report", time, logger);
        _streams = [.. Enumerable.Range(0, log.StreamShards).Select(shard => new Stream(EventStreams.Key(redis, shard)))];
    }

    /// <inheritdoc/>
    public int Sources => _streams.Count(stream => stream.Added > 0);

    /// <inheritdoc/>
    public long Damaged { get; private set; }

    /// <inheritdoc/>
    public long Missed { get; private set; }

    /// <inheritdoc/>
    /// <returns>Entries that are left unread.</returns>
    public async Task<long> ReadAsync(Action<LoggedEvent> take, Func<bool> goOn, CancellationToken cancellation)
    {
        await _connection.WaitAsync(_budget, cancellation);
        try
        {
            foreach (var stream in _streams)
                await CountAsync(stream, cancellation);
            foreach (var stream in _streams)
            {
                while (goOn() && await ReadPageAsync(stream, take, cancellation))
                {
                    // The next page.
                }
            }
        }
        catch (Exception e) when (e is RedisException or RedisNotReachedException or TimeoutException)
        {
            throw new IOException("Redis does not hand out the event log's streams.", e);
        }

        return _streams.Sum(stream => stream.Unread);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    /// <summary>Learns how many entries a stream has, and has had.</summary>
    private async Task CountAsync(Stream stream, CancellationToken cancellation)
    {
        // XINFO refuses a stream that nobody has written to.
        if (!await CallAsync(database => database.KeyExistsAsync(stream.Key), cancellation))
            return;
        var about = await CallAsync(database => database.StreamInfoAsync(stream.Key), cancellation);
        stream.Added = Math.Max(0, about.EntriesAdded);
        var trimmed = stream.Added - about.Length;
        // A server that has lost its data counts from 0 again.
        stream.Read = Math.Min(stream.Read, stream.Added);
        if (trimmed > stream.Read)
        {
            Missed += trimmed - stream.Read;
            stream.Read = trimmed;
        }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> ReadPageAsync(Stream stream, Action<LoggedEvent> take, CancellationToken cancellation)
    {
        var page = await CallAsync(database => database.StreamRangeAsync(stream.Key, $"({stream.LastId}", "+", Page), cancellation);
        foreach (var entry in page)
        {
            if (ReadEvent(entry) is { } logged)
                take(logged);
            else
                Damaged++;
            stream.LastId = entry.Id.ToString();
            stream.Read++;
        }

        return page.Length == Page;
    }

    private static LoggedEvent? ReadEvent(StreamEntry entry)
    {
        try
        {
            return (byte[]?)entry[EventStreamNames.EventField] is { } json ? JsonSerializer.Deserialize(json, LoggedEventJson.Default.LoggedEvent) : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellation) =>
        call(_connection.Database).WaitAsync(_budget, _time, cancellation);

    /// <summary>How far a stream is read.</summary>
    private sealed class Stream(RedisKey key)
    {
        public RedisKey Key => key;

        /// <summary>The entry read last.</summary>
        public string LastId { get; set; } = "0-0";

        /// <summary>Entries read, or trimmed before.</summary>
        public long Read { get; set; }

        /// <summary>Entries ever added.</summary>
        public long Added { get; set; }

        // Entries may have come since they were counted.
        public long Unread => Math.Max(0, Added - Read);
    }
}
