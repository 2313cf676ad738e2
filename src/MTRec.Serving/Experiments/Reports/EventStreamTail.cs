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
        if (!(bool)await CallAsync(database => database.ExecuteAsync("EXISTS", stream.Key), cancellation))
            return;
        var about = (RedisResult[])(await CallAsync(database => database.ExecuteAsync("XINFO", "STREAM", stream.Key), cancellation))!;
        stream.Added = NumberOf("entries-added");
        var trimmed = stream.Added - NumberOf("length");
        // A server that has lost its data counts from 0 again.
        stream.Read = Math.Min(stream.Read, stream.Added);
        if (trimmed > stream.Read)
        {
            Missed += trimmed - stream.Read;
            stream.Read = trimmed;
        }

        long NumberOf(string name) => (long)about[Array.FindIndex(about, field => field is { IsNull: false } && field.ToString() == name) + 1];
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> ReadPageAsync(Stream stream, Action<LoggedEvent> take, CancellationToken cancellation)
    {
        var page = (RedisResult[])(await CallAsync(database => database.ExecuteAsync("XRANGE", stream.Key, $"({stream.LastId}", "+", "COUNT", Page), cancellation))!;
        foreach (var entry in page)
        {
            var parts = (RedisResult[])entry!;
            if (ReadEvent((RedisValue[])parts[1]!) is { } logged)
                take(logged);
            else
                Damaged++;
            stream.LastId = (string)parts[0]!;
            stream.Read++;
        }

        return page.Length == Page;
    }

    private static LoggedEvent? ReadEvent(RedisValue[] fields)
    {
        try
        {
            var at = Array.IndexOf(fields, EventStreamNames.EventField);
            return at < 0 ? null : JsonSerializer.Deserialize((byte[])fields[at + 1]!, LoggedEventJson.Default.LoggedEvent);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return null;
        }
    }

    private Task<RedisResult> CallAsync(Func<IDatabase, Task<RedisResult>> call, CancellationToken cancellation) =>
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
