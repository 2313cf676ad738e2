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
/// <remarks>
/// A server may come back without its latest data, as one does whose append-only file lacks the last second or as a replica that was behind: then it hands out again what is committed,
/// which is passed over by the ids. Without the group it has lost all: the stream is read from its beginning, and what was known to be in the lost one and was not read is missed.
/// </remarks>
internal sealed class StreamSource : IEventSource
{
    private const string Consumer = "worker";
    private const int Page = 100;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    private readonly ConfigurationOptions _configuration;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
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
    /// <param name="say">Takes lines for the operator; may be null.</param>
    /// <exception cref="ArgumentException">The configuration is none.</exception>
    public StreamSource(string configuration, string prefix, int shards, string group, TimeProvider time, Action<string>? say = null)
    {
        _configuration = ConfigurationOptions.Parse(configuration);
        _configuration.AbortOnConnectFail = false;
        _configuration.ConnectTimeout = (int)Budget.TotalMilliseconds;
        _configuration.ReconnectRetryPolicy = new LinearRetry(1000);
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ConfigCheckSeconds = 2;
        _configuration.TopologyRefreshSeconds = 2;
        _configuration.ClientName = "mtrec-worker";
        (_group, _time, _say) = (group, time, say ?? (_ => { }));
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
        await CallAsync(database => database.StringSetAsync(_owner, state, when: When.NotExists, flags: CommandFlags.DemandMaster), cancellation);
        var owner = (string?)await CallAsync(database => database.StringGetAsync(_owner, CommandFlags.DemandMaster), cancellation);
        if (owner != state)
        {
            throw new StateRefusedException(
                $"The consumer group '{_group}' belongs to another worker's state ({owner}): with two, each would learn from a part of the events. Use that state, another --group, or delete the key {_owner} if that state is gone.");
        }
    }

    private async Task<ShardPage> ReadAsync(Shard shard, StreamPlace? place, CancellationToken cancellation)
    {
        var page = new ShardPage(place);
        await EnsureGroupAsync(shard, page, cancellation);

        // What is here still was not committed: it comes again with the others.
        shard.MayHavePending |= shard.Unacknowledged.Count > 0;
        shard.Unacknowledged.Clear();
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

    private async Task EnsureGroupAsync(Shard shard, ShardPage page, CancellationToken cancellation)
    {
        if (shard.HasGroup)
            return;
        try
        {
            await CallAsync(database => database.StreamCreateConsumerGroupAsync(shard.Key, _group, StreamPosition.Beginning, createStream: true, CommandFlags.DemandMaster), cancellation);
            if (page.Place is { } before)
                await BeginAnewAsync(shard, page, before, cancellation);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It is there.
        }

        shard.HasGroup = true;
    }

    // The group was there and is not: so its stream is another one, or somebody has deleted the group alone. Of the same stream, what is committed is known by its ids.
    private async Task BeginAnewAsync(Shard shard, ShardPage page, StreamPlace before, CancellationToken cancellation)
    {
        var unread = Math.Max(0, before.Added - before.Read);
        var last = (await AboutAsync(shard, cancellation)).LastGeneratedId.ToString();
        page.Place = StreamPlace.Start with { LastId = IsAfter(before.LastId, last) ? StreamPlace.Start.LastId : before.LastId };
        page.Missed += unread;
        _say($"{shard.Name}: the consumer group '{_group}' was gone and is made again; {before.Read} entries had been read of the stream before, {unread} more were known and are missed.");
    }

    /// <summary>Learns how many entries a stream has, and has had, where the server counts them (from 7.0 on).</summary>
    private async Task CountAsync(Shard shard, ShardPage page, CancellationToken cancellation)
    {
        var about = await AboutAsync(shard, cancellation);
        var last = about.LastGeneratedId.ToString();
        var before = page.Place ?? StreamPlace.Start;
        var place = before;
        if (IsAfter(place.LastId, last))
        {
            // With the group, so it is the same stream as it was earlier. Which of its entries the lost ones are followed by, ids do not tell where clocks differ: what was handed out by then, as the
            // server remembers, is passed over; what comes twice is known by the events' own ids.
            place = place with { LastId = await DeliveredAsync(shard, cancellation) };
            _say($"{shard.Name}: the server has lost its latest entries: it ends at {last}, read was up to {before.LastId}; read again from {place.LastId}.");
        }

        if (about.EntriesAdded is >= 0 and var ever)
        {
            // A server that has lost its latest data counts less again.
            var read = Math.Min(place.Read, ever);
            page.Missed += Math.Max(0, ever - about.Length - read);
            place = place with { Read = Math.Max(read, ever - about.Length), Added = ever };
        }

        // That all was read and nothing came is no news.
        if (place.LastId != before.LastId || place.Read != before.Read || place.Added > place.Read)
            page.Place = place;
    }

    private async Task<string> DeliveredAsync(Shard shard, CancellationToken cancellation)
    {
        var groups = await CallAsync(database => database.StreamGroupInfoAsync(shard.Key, CommandFlags.DemandMaster), cancellation);
        return groups.Where(group => group.Name == _group).Select(group => group.LastDeliveredId).FirstOrDefault() ?? StreamPlace.Start.LastId;
    }

    private Task<StreamInfo> AboutAsync(Shard shard, CancellationToken cancellation) =>
        CallAsync(database => database.StreamInfoAsync(shard.Key, CommandFlags.DemandMaster), cancellation);

    private async Task ReadPageAsync(Shard shard, ShardPage page, bool pending, CancellationToken cancellation)
    {
        StreamEntry[] entries;
        try
        {
            var from = pending ? StreamPosition.Beginning : StreamPosition.NewMessages;
            entries = await CallAsync(database => database.StreamReadGroupAsync(shard.Key, _group, Consumer, from, Page, noAck: false, CommandFlags.DemandMaster), cancellation);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOGROUP", StringComparison.Ordinal))
        {
            // The server has lost its data; the group is made again at the next read.
            shard.HasGroup = false;
            return;
        }

        foreach (var entry in entries)
        {
            shard.Unacknowledged.Add(entry.Id);
            var id = entry.Id.ToString();
            var place = page.Place ?? StreamPlace.Start;
            if (!IsAfter(id, place.LastId))
                continue;
            page.Place = place with { LastId = id, Read = place.Read + 1 };

            // Trimmed after it was handed out.
            if (entry.Values is not { Length: > 0 })
                page.Missed++;
            else
                page.Entries.Add(Entry(entry));
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

    private static SourceEntry Entry(StreamEntry stored)
    {
        if ((byte[]?)stored[EventStreamNames.EventField] is not { } json)
            return SourceEntry.Damaged;
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
        await CallAsync(database => database.StreamAcknowledgeAsync(shard.Key, _group, [.. shard.Unacknowledged], CommandFlags.DemandMaster), cancellation);
        shard.Unacknowledged.Clear();
    }

    private Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellation) =>
        call(_redis!.GetDatabase()).WaitAsync(Budget, _time, cancellation);

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
