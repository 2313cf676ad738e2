using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Threading.Channels;
using MTRec.Core.Events;
using MTRec.Serving.Operations;

namespace MTRec.Serving.EventLog;

/// <summary>
/// Events on their way to the log, so that no answer waits for a disk, or not longer than it wants to. It holds a bounded number of bytes: whoever wants to add
/// an event first asks for room. While the log fails, events wait and are tried again; at a clean shutdown all are written.
/// </summary>
internal sealed partial class EventQueue : BackgroundService
{
    private const int LargestBatch = 256;

    // Under load the events of so many calls become one write, and no write comes between a call and the next.
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);
    private static readonly Task<bool> Enough = Task.FromResult(true);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<Waiting> _waiting = new();
    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IEventLog _log;
    private readonly EventLogOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<EventQueue> _logger;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _written;
    private readonly Counter<long> _failedWrites;
    private readonly Counter<long> _unacknowledged;
    private readonly TimeSpan _linger;
    private readonly OnceASecond _dropLine;
    private readonly OnceASecond _refusalLine;
    private readonly CancellationTokenSource _giveUp = new();
    private long _bytes;
    private long _droppedEvents;

    /// <summary>Starts empty.</summary>
    public EventQueue(IEventLog log, EventLogOptions options, TimeProvider time, IMeterFactory meters, ILogger<EventQueue> logger)
    {
        _log = log;
        _options = options;
        _time = time;
        _logger = logger;
        _dropLine = new OnceASecond(time);
        _refusalLine = new OnceASecond(time);
        var meter = meters.Create("MTRec.Serving");
        _dropped = meter.CreateCounter<long>("mtrec.event_log.dropped", "{event}", "Events lost: exposures that found the queue full, and what could not be written at all.");
        _refused = meter.CreateCounter<long>("mtrec.event_log.refused", "{event}", "Feedback events refused because the queue was full; their callers send them again.");
        _written = meter.CreateCounter<long>("mtrec.event_log.written", "{event}", "Events that the event log has taken.");
        _failedWrites = meter.CreateCounter<long>("mtrec.event_log.failed_writes", "{write}", "Batches that the event log did not take; they wait and are tried again.");
        _unacknowledged = meter.CreateCounter<long>("mtrec.event_log.unacknowledged", "{call}", "Calls that waited for their events to be written for as long as they may, in vain: the events wait on.");
        // Who waits for the batch must not wait for nothing; while it is written, the next one gathers.
        _linger = options.Acknowledge == EventAcknowledgement.Written ? TimeSpan.Zero : Linger;
        meter.CreateObservableGauge("mtrec.event_log.queued", () => Interlocked.Read(ref _bytes), "By", "Estimated bytes of events waiting to be written.");
        // Shown from the start on, so that whoever watches for a rise sees the first one.
        foreach (var counter in new[] { _dropped, _refused, _written, _failedWrites, _unacknowledged })
            counter.Add(0);
    }

    /// <summary>Exposures dropped since the start.</summary>
    public long DroppedEvents => Interlocked.Read(ref _droppedEvents);

    /// <summary>Whether answers wait until their events are written.</summary>
    public bool IsAwaited => _options.Acknowledge == EventAcknowledgement.Written;

    /// <summary>Takes room for events of <paramref name="bytes"/> in all. It is given back when they are written.</summary>
    /// <returns>Whether there was room.</returns>
    public bool TryReserve(long bytes)
    {
        // An empty queue takes any one call, however large.
        if (Interlocked.Add(ref _bytes, bytes) <= Math.Max(_options.QueueBytes, bytes))
            return true;
        Release(bytes);
        return false;
    }

    /// <summary>Gives back room that was not used.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _bytes, -bytes);

    /// <summary>Adds an event into room taken before.</summary>
    /// <param name="entry">The event; not changed any more.</param>
    /// <param name="reserved">Its part of the room.</param>
    /// <returns>Ends when an answer may tell of the event, as <see cref="EventLogOptions.Acknowledge"/> has it; false where the event is lost.</returns>
    public Task<bool> Add(LoggedEvent entry, long reserved)
    {
        var end = IsAwaited ? new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        _waiting.Enqueue(new Waiting(entry, reserved, end));
        _bell.Writer.TryWrite(true);
        return end?.Task ?? Enough;
    }

    /// <summary>Waits for what <see cref="Add"/> returned, within the budget.</summary>
    /// <returns>Whether the events are where the answer needs them.</returns>
    public async ValueTask<bool> IsKeptAsync(Task<bool> events)
    {
        if (events.IsCompleted)
            return await events;
        try
        {
            return await events.WaitAsync(_options.AcknowledgeBudget, _time);
        }
        catch (TimeoutException)
        {
            _unacknowledged.Add(1);
            return false;
        }
    }

    /// <summary>Counts an exposure for which there was no room, and says so in the log once a second at most.</summary>
    public void CountDropped()
    {
        var dropped = Interlocked.Increment(ref _droppedEvents);
        _dropped.Add(1);
        if (_dropLine.IsTime())
            LogDropped(dropped);
    }

    /// <summary>Counts feedback for which there was no room, and says so in the log once a second at most.</summary>
    public void CountRefused(int events)
    {
        _refused.Add(events);
        if (_refusalLine.IsTime())
            LogRefused();
    }

    /// <summary>Forgets the events of a user that wait.</summary>
    public void Forget(string userId)
    {
        foreach (var waiting in _waiting)
            waiting.ForgetIfOf(userId);
    }

    /// <summary>Writes what waits, then ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _bell.Writer.TryComplete();
        using var giveUp = cancellationToken.Register(_giveUp.Cancel);
        if (ExecuteTask is { } writing)
            await writing;
        await base.StopAsync(CancellationToken.None);
        await _log.DisposeAsync();
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _giveUp.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _bell.Reader.WaitToReadAsync(CancellationToken.None))
        {
            _bell.Reader.TryRead(out _);
            await Task.Delay(_linger, CancellationToken.None);
            await DrainAsync();
        }

        await DrainAsync();
    }

    private async Task DrainAsync()
    {
        // A batch leaves the queue when it is written: until then it can be forgotten, and counts as waiting.
        while (_waiting.Take(LargestBatch).ToArray() is { Length: > 0 } batch && await WriteAsync(batch))
        {
            foreach (var written in batch)
            {
                _waiting.TryDequeue(out _);
                written.End(true);
                written.Free();
                Release(written.Bytes);
            }
        }
    }

    /// <returns>False where the service ends before the log takes the batch.</returns>
    private async Task<bool> WriteAsync(Waiting[] batch)
    {
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            var events = batch.Select(waiting => waiting.Event).OfType<LoggedEvent>().ToArray();
            try
            {
                if (events.Length > 0)
                    await _log.AppendAsync(events, _giveUp.Token);
                _written.Add(events.Length);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _failedWrites.Add(1);
                LogFailed(e, events.Length, pause);
            }
            catch (OperationCanceledException)
            {
                // Noticed below.
            }
#pragma warning disable CA1031 // An event that can never be written must not hold up those behind it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogUnwritable(e, events.Length);
                _dropped.Add(events.Length);
                Array.ForEach(batch, waiting => waiting.End(false));
                return true;
            }

            await Task.Delay(pause, _time, _giveUp.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_giveUp.IsCancellationRequested)
            {
                _dropped.Add(_waiting.Count);
                LogLost(_waiting.Count);
                foreach (var waiting in _waiting)
                    waiting.End(false);
                return false;
            }
        }
    }

    [LoggerMessage(5010, LogLevel.Warning, "The event log's queue is full: {Dropped} exposures dropped since the start")]
    private partial void LogDropped(long dropped);

    [LoggerMessage(5014, LogLevel.Warning, "The event log's queue is full: feedback is refused")]
    private partial void LogRefused();

    [LoggerMessage(5011, LogLevel.Error, "{Events} events could not be written to the event log; they wait and are tried again in {Pause}")]
    private partial void LogFailed(Exception exception, int events, TimeSpan pause);

    [LoggerMessage(5012, LogLevel.Error, "{Events} events cannot be written to the event log at all and are dropped")]
    private partial void LogUnwritable(Exception exception, int events);

    [LoggerMessage(5013, LogLevel.Critical, "The service ends while the event log takes no events: {Events} are lost")]
    private partial void LogLost(int events);

    private sealed class Waiting(LoggedEvent entry, long bytes, TaskCompletionSource<bool>? end)
    {
        private volatile LoggedEvent? _event = entry;

        public LoggedEvent? Event => _event;

        public long Bytes => bytes;

        /// <summary>Tells who waits, once.</summary>
        public void End(bool isWritten) => end?.TrySetResult(isWritten);

        /// <summary>Gives back the memory of an event that is written. That of a forgotten one may still be at a log's: it is left to the collector.</summary>
        public void Free() => (_event as IDisposable)?.Dispose();

        public void ForgetIfOf(string userId)
        {
            if (_event?.UserId == userId)
                _event = null;
        }
    }
}
