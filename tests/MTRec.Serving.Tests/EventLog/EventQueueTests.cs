using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MTRec.Core.Events;
using MTRec.Serving.EventLog;
using MTRec.Testing;

namespace MTRec.Serving.Tests.EventLog;

public sealed class EventQueueTests : IAsyncDisposable
{
    private readonly MemoryLog _log = new();

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    [Fact]
    public async Task A_clean_end_writes_all_that_waits()
    {
        using var queue = Queue();
        await queue.StartAsync(default);
        for (var i = 0; i < 5000; i++)
            Add(queue, $"e-{i}");
        await queue.StopAsync(default);

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"e-{i}"), _log.Ids);
        Assert.True(_log.Disposed);
    }

    [Fact]
    public async Task While_the_log_fails_events_wait_and_are_written_once_afterwards()
    {
        _log.Fails = true;
        using var queue = Queue();
        await queue.StartAsync(default);
        for (var i = 0; i < 10; i++)
            Add(queue, $"e-{i}");
        await Eventually.TrueAsync(() => _log.Attempts >= 2, () => $"{_log.Attempts} attempts");
        Assert.Empty(_log.Ids);

        _log.Fails = false;
        await Eventually.TrueAsync(() => _log.Ids.Count == 10, () => $"{_log.Ids.Count} written");
        await queue.StopAsync(default);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"e-{i}"), _log.Ids);
    }

    [Fact]
    public async Task The_service_ends_in_time_although_the_log_fails()
    {
        _log.Fails = true;
        using var queue = Queue();
        await queue.StartAsync(default);
        Add(queue, "e-1");
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));

        await queue.StopAsync(patience.Token).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Empty(_log.Ids);
    }

    [Fact]
    public async Task An_event_that_can_never_be_written_does_not_hold_up_the_others()
    {
        using var queue = Queue();
        await queue.StartAsync(default);
        _log.Chokes = true;
        Add(queue, "poison");
        await Eventually.TrueAsync(() => _log.Attempts >= 1, () => $"{_log.Attempts} attempts");
        _log.Chokes = false;
        Add(queue, "e-1");
        await queue.StopAsync(default);

        Assert.Equal(["e-1"], _log.Ids);
    }

    [Fact]
    public async Task Events_of_a_forgotten_user_are_not_written()
    {
        _log.Fails = true;
        using var queue = Queue();
        await queue.StartAsync(default);
        for (var i = 0; i < 1000; i++)
            Add(queue, $"e-{i}", i % 2 == 0 ? "gone" : "stays");
        await Eventually.TrueAsync(() => _log.Attempts >= 1, () => $"{_log.Attempts} attempts");
        queue.Forget("gone");
        _log.Fails = false;
        await queue.StopAsync(default);

        Assert.Equal(Enumerable.Range(0, 1000).Where(i => i % 2 == 1).Select(i => $"e-{i}"), _log.Ids);
    }

    [Fact]
    public async Task Room_is_bounded_and_comes_back()
    {
        using var queue = Queue(new EventLogOptions { QueueBytes = 4096 });
        Assert.True(queue.TryReserve(3000));
        Assert.False(queue.TryReserve(1097));
        Assert.True(queue.TryReserve(1096));
        queue.Release(1096);
        _ = queue.Add(TestEvents.Feedback("e-1", "u", DateTimeOffset.UnixEpoch), 3000);
        Assert.False(queue.TryReserve(4096));

        await queue.StartAsync(default);
        await Eventually.TrueAsync(() => _log.Ids.Count == 1, () => $"{_log.Ids.Count} written");
        await Eventually.TrueAsync(() => queue.TryReserve(4096), () => "The room did not come back.");
        await queue.StopAsync(default);
    }

    [Fact]
    public async Task Who_waits_for_the_log_waits_until_it_has_the_event_and_those_meanwhile_share_the_next_batch()
    {
        _log.Holds = new TaskCompletionSource();
        using var queue = Queue(new EventLogOptions { Acknowledge = EventAcknowledgement.Written, AcknowledgeBudget = TimeSpan.FromSeconds(30) });
        await queue.StartAsync(default);
        var first = Awaited(queue, "e-0");
        await Eventually.TrueAsync(() => _log.Attempts == 1, () => $"{_log.Attempts} attempts");
        var others = Enumerable.Range(1, 100).Select(i => Awaited(queue, $"e-{i}")).ToArray();
        var waiting = queue.IsKeptAsync(others[^1]).AsTask();
        await Task.Delay(50);
        Assert.False(first.IsCompleted || waiting.IsCompleted);

        _log.Holds.SetResult();
        Assert.True(await first);
        Assert.True(await waiting);
        Assert.All(await Task.WhenAll(others), Assert.True);
        Assert.Equal(101, _log.Ids.Count);
        Assert.Equal(2, _log.Attempts);
        await queue.StopAsync(default);
    }

    [Fact]
    public async Task A_log_that_takes_nothing_keeps_nobody_longer_than_the_budget_and_gets_the_event_later()
    {
        _log.Fails = true;
        using var queue = Queue(new EventLogOptions { Acknowledge = EventAcknowledgement.Written, AcknowledgeBudget = TimeSpan.FromMilliseconds(50) });
        await queue.StartAsync(default);
        var written = Awaited(queue, "e-1");
        Assert.False(await queue.IsKeptAsync(written).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));

        _log.Fails = false;
        Assert.True(await written.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(["e-1"], _log.Ids);
        await queue.StopAsync(default);
    }

    [Fact]
    public async Task Who_waits_is_told_of_an_event_that_can_never_be_written_and_of_one_that_the_end_loses()
    {
        _log.Chokes = true;
        using var queue = Queue(new EventLogOptions { Acknowledge = EventAcknowledgement.Written, AcknowledgeBudget = TimeSpan.FromSeconds(30) });
        await queue.StartAsync(default);
        Assert.False(await queue.IsKeptAsync(Awaited(queue, "poison")));

        (_log.Chokes, _log.Fails) = (false, true);
        var lost = Awaited(queue, "e-1");
        await queue.StopAsync(new CancellationToken(true)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(await queue.IsKeptAsync(lost));
    }

    private static Task<bool> Awaited(EventQueue queue, string id)
    {
        Assert.True(queue.TryReserve(100));
        return queue.Add(TestEvents.Feedback(id, "u", DateTimeOffset.UnixEpoch), 100);
    }

    private static void Add(EventQueue queue, string id, string userId = "u")
    {
        Assert.True(queue.TryReserve(100));
        _ = queue.Add(TestEvents.Feedback(id, userId, DateTimeOffset.UnixEpoch), 100);
    }

    private EventQueue Queue(EventLogOptions? options = null) => new(
        _log,
        options ?? new EventLogOptions(),
        TimeProvider.System,
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(),
        NullLogger<EventQueue>.Instance);

    private sealed class MemoryLog : IEventLog
    {
        private readonly ConcurrentQueue<string> _ids = new();
        private int _attempts;

        public volatile bool Fails;
        public volatile bool Chokes;
        public volatile TaskCompletionSource? Holds;

        public bool Disposed { get; private set; }

        public ConcurrentQueue<string> Ids => _ids;

        public int Attempts => Volatile.Read(ref _attempts);

        public async ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _attempts);
            if (Holds is { } held)
                await held.Task;
            cancellation.ThrowIfCancellationRequested();
            if (Fails)
                throw new IOException("The disk is full.");
            if (Chokes)
                throw new ArgumentException("This cannot be JSON.");
            foreach (var entry in events)
                _ids.Enqueue(((FeedbackEvent)entry).EventId);
        }

        public ValueTask DisposeAsync()
        {
            Disposed = true;
            return default;
        }
    }
}
