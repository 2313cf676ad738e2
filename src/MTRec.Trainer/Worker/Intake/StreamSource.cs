using System.Buffers;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.State;
using StackExchange.Redis;

namespace MTRec.Trainer.Worker.Intake;

/// <summary>
/// The event log's Redis Streams, read as a consumer group. An entry is acknowledged once it is committed; what was handed out and is not
/// acknowledged comes again first, and is passed over where the commit has it. One state has a group: another one would get a share of the users alone, and is
/// refused. The counter of all entries that were ever added tells what was trimmed before it was read.
/// </summary>
internal sealed class StreamSource : IEventSource
{
    private const string Consumer = "worker";
    private const int Page = 100;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly string _group;
    private readonly RedisKey _owner;
    private readonly Shard[] _shards;
    private ConnectionMultiplexer? _redis;

    /// <summary>Prepares; connects at the first read.</summary>
    /// <param name="configuration">Addresses and options as StackExchange.Redis reads them.</param>
    /// <param name="prefix">The service's <c>Redis:KeyPrefix</c>.</param>
    /// <param name="shards">The service's <c>EventLog:StreamShards</c>.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">The configuration is none.</exception>
    public StreamSource(string configuration, string prefix, int shards, string group, TimeProvider time)
    {
        _configuration = ConfigurationOptions.Parse(configuration);
        _configuration.AbortOnConnectFail = false;
        _configuration.ConnectTimeout = (int)Budget.TotalMilliseconds;
        _configuration.ReconnectRetryPolicy = new LinearRetry(1000);
        _configuration.ConfigCheckSeconds = 2;
        _configuration.ClientName = "mtrec-worker";
        (_group, _time) = (group, time);
        _owner = $"{prefix}:worker:{group}";
        _shards = [.. Enumerable.Range(0, shards).Select(shard => new Shard(EventStreamNames.Key(prefix, shard)))];
    }

    /// <inheritdoc/>
    /// <exception cref="StateRefusedException">The group belongs to another state.</exception>
    public async ValueTask<SourceBatch> ReadAsync(Commit commit, CancellationToken cancellation)
    {
        try
        {
            _redis ??= await ConnectionMultiplexer.ConnectAsync(_configuration).WaitAsync(Budget, _time, cancellation);
            await OwnAsync(commit.StateId, cancellation);
            var pages = await Task.WhenAll(_shards.Select(shard => ReadAsync(shard, commit.Streams.GetValueOrDefault(shard.Name), cancellation)));
            var places = new Dictionary<string, StreamPlace>(commit.Streams, StringComparer.Ordinal);
            foreach (var (shard, page) in _shards.Zip(pages))
            {
                if (page.Place is { } place)
                    places[shard.Name] = place;
            }

            return new SourceBatch([.. pages.SelectMany(page => page.Entries)], commit.Files, places, pages.Sum(page => page.Missed));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            foreach (var shard in _shards)
                shard.MayHavePending = true;
            throw new IOException($"Redis does not hand out the event log's streams: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CommittedAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(_shards.Where(shard => shard.Unacknowledged.Count > 0).Select(shard => AcknowledgeAsync(shard, cancellation)));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new IOException($"Redis takes no acknowledgement: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_redis is null)
            return;
        await _redis.CloseAsync(allowCommandsToComplete: false);
        _redis.Dispose();
    }

    // A server that has lost its data has lost the owner too: so it is claimed at every read.
    private async Task OwnAsync(string state, CancellationToken cancellation)
    {
        await CallAsync("SET", [_owner, state, "NX"], cancellation);
        var owner = (string?)await CallAsync("GET", [_owner], cancellation);
        if (owner != state)
        {
            throw new StateRefusedException(
                $"The consumer group '{_group}' belongs to another worker's state ({owner}): with two, each would learn from a part of the events. Use that state, another --group, or delete the key {_owner} if that state is gone.");
        }
    }

    private async Task<ShardPage> ReadAsync(Shard shard, StreamPlace? place, CancellationToken cancellation)
    {
        await EnsureGroupAsync(shard, cancellation);

        // What is here still was not committed: it comes again with the others.
        shard.MayHavePending |= shard.Unacknowledged.Count > 0;
        shard.Unacknowledged.Clear();
        var page = new ShardPage(place);
        while (shard.MayHavePending)
        {
            await ReadPageAsync(shard, page, pending: true, cancellation);
            shard.MayHavePending = shard.Unacknowledged.Count > 0;
            if (!shard.MayHavePending || page.IsNews)
                break;

            // All committed before: only the acknowledgement was lost.
            await AcknowledgeAsync(shard, cancellation);
        }

        if (!shard.MayHavePending)
        {
            await CountAsync(shard, page, cancellation);
            await ReadPageAsync(shard, page, pending: false, cancellation);
        }

        return page;
    }

    private async Task EnsureGroupAsync(Shard shard, CancellationToken cancellation)
    {
        if (shard.HasGroup)
            return;
        try
        {
            await CallAsync("XGROUP", ["CREATE", shard.Key, _group, "0", "MKSTREAM"], cancellation);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It is there.
        }

        shard.HasGroup = true;
    }

    /// <summary>Learns how many entries a stream has, and has had, where the server counts them (from 7.0 on).</summary>
    private async Task CountAsync(Shard shard, ShardPage page, CancellationToken cancellation)
    {
        var about = (RedisResult[])(await CallAsync("XINFO", ["STREAM", shard.Key], cancellation))!;
        if (NumberOf("entries-added") is not { } added || NumberOf("length") is not { } length)
            return;

        // A server that has lost its data counts from 0 again.
        var read = Math.Min(page.Place?.Read ?? 0, added);
        page.Missed += Math.Max(0, added - length - read);
        var counted = Math.Max(read, added - length);
        if (counted != (page.Place?.Read ?? 0))
            page.Place = new StreamPlace(page.Place?.LastId ?? "0-0", counted);

        long? NumberOf(string name)
        {
            var at = Array.FindIndex(about, field => field is { IsNull: false } && field.ToString() == name);
            return at < 0 ? null : (long)about[at + 1];
        }
    }

    private async Task ReadPageAsync(Shard shard, ShardPage page, bool pending, CancellationToken cancellation)
    {
        RedisResult answer;
        try
        {
            answer = await CallAsync("XREADGROUP", ["GROUP", _group, Consumer, "COUNT", Page, "STREAMS", shard.Key, pending ? "0" : ">"], cancellation);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            // The server has lost its data; the group is made again at the next read.
            shard.HasGroup = false;
            return;
        }

        if (answer.IsNull)
            return;
        foreach (var entry in (RedisResult[])((RedisResult[])((RedisResult[])answer!)[0]!)[1]!)
        {
            var parts = (RedisResult[])entry!;
            var id = (string)parts[0]!;
            shard.Unacknowledged.Add(id);
            if (pending && page.Place is { } place && !IsAfter(id, place.LastId))
                continue;
            page.Place = new StreamPlace(id, (page.Place?.Read ?? 0) + 1);

            // Trimmed after it was handed out.
            if (parts[1].IsNull)
                page.Missed++;
            else
                page.Entries.Add(Entry((RedisValue[])parts[1]!));
        }
    }

    private static bool IsAfter(string id, string other)
    {
        var (a, b) = (Parse(id), Parse(other));
        return a.CompareTo(b) > 0;

        static (ulong, ulong) Parse(string id)
        {
            var dash = id.IndexOf('-', StringComparison.Ordinal);
            return (ulong.Parse(id.AsSpan(0, dash), provider: null), ulong.Parse(id.AsSpan(dash + 1), provider: null));
        }
    }

    private static SourceEntry Entry(RedisValue[] fields)
    {
        var at = Array.IndexOf(fields, EventStreamNames.EventField);
        if (at < 0)
            return SourceEntry.Damaged;
        byte[] json = fields[at + 1]!;
        try
        {
            if (JsonSerializer.Deserialize(json, LoggedEventJson.Default.LoggedEvent) is not { } entry)
                return SourceEntry.Damaged;
            var line = new ArrayBufferWriter<byte>(json.Length + 32);
            EventLine.Write(line, json);
            return new SourceEntry(entry, line.WrittenMemory);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            return SourceEntry.Damaged;
        }
    }

    private async Task AcknowledgeAsync(Shard shard, CancellationToken cancellation)
    {
        await CallAsync("XACK", [shard.Key, _group, .. shard.Unacknowledged], cancellation);
        shard.Unacknowledged.Clear();
    }

    private Task<RedisResult> CallAsync(string command, object[] arguments, CancellationToken cancellation) =>
        _redis!.GetDatabase().ExecuteAsync(command, arguments, CommandFlags.DemandMaster).WaitAsync(Budget, _time, cancellation);

    /// <summary>One stream.</summary>
    private sealed class Shard(string name)
    {
        public string Name => name;

        public RedisKey Key => name;

        public bool HasGroup { get; set; }

        /// <summary>Whether entries may have been handed out before that are not acknowledged.</summary>
        public bool MayHavePending { get; set; } = true;

        public List<RedisValue> Unacknowledged { get; } = [];
    }

    /// <summary>What one stream gave.</summary>
    private sealed class ShardPage(StreamPlace? place)
    {
        public StreamPlace? Place { get; set; } = place;

        public List<SourceEntry> Entries { get; } = [];

        public long Missed { get; set; }

        /// <summary>Whether there is anything to commit.</summary>
        public bool IsNews => Entries.Count > 0 || Missed > 0;
    }
}
