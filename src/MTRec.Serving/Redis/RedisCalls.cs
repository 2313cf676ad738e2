using System.Diagnostics.Metrics;
using MTRec.Serving.Operations;
using Polly;
using Polly.CircuitBreaker;
using StackExchange.Redis;

namespace MTRec.Serving.Redis;

/// <summary>
/// Calls to Redis that wait no longer than their budget, behind a breaker: where calls fail, others are not even tried for a while,
/// so that nobody waits for a dead or a frozen server.
/// </summary>
internal sealed partial class RedisCalls
{
    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // Of one type for answers of all kinds: a pipeline that takes any type wraps each call four times more.
    private readonly ResiliencePipeline<object?> _breaker;
    private readonly Counter<long> _failures;
    private readonly OnceASecond _failureLine;
    private long _lastSuccess;
    private volatile bool _succeeded;

    /// <summary>Starts with the breaker closed.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="options">The breaker's figures.</param>
    /// <param name="time">The clock.</param>
    /// <param name="meters">Counts failures and shows the health.</param>
    /// <param name="logger">Learns when the breaker opens and closes.</param>
    public RedisCalls(RedisConnection connection, RedisOptions options, TimeProvider time, IMeterFactory meters, ILogger logger)
    {
        _connection = connection;
        _time = time;
        _logger = logger;
        _failureLine = new OnceASecond(time);
        var meter = meters.Create("MTRec.Serving");
        _failures = meter.CreateCounter<long>("mtrec.redis.failures", "{call}", "Calls for sessions that Redis did not answer in time, or answered with an error, or that the open breaker kept back.");
        _failures.Add(0);
        meter.CreateObservableGauge("mtrec.redis.healthy", () => IsHealthy ? 1 : 0, "{bool}", "1 while Redis answers the calls for sessions, 0 from the breaker's opening to the next success.");
        meter.CreateObservableGauge("mtrec.redis.last_success", () => _succeeded ? SinceSuccess.TotalSeconds : double.NaN, "s", "Time since Redis last answered a call for a session.");
        _breaker = new ResiliencePipelineBuilder<object?> { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<object?>
            {
                FailureRatio = options.BreakerFailureRatio,
                MinimumThroughput = options.BreakerMinimumCalls,
                SamplingDuration = options.BreakerWindow,
                BreakDuration = options.BreakDuration,
                // Whoever hangs up says nothing about the server.
                ShouldHandle = new PredicateBuilder<object?>().Handle<Exception>(e => e is not OperationCanceledException),
                OnOpened = opened =>
                {
                    IsHealthy = false;
                    LogOpened(opened.Outcome.Exception, opened.BreakDuration);
                    return default;
                },
                OnClosed = _ =>
                {
                    LogClosed();
                    return default;
                },
            })
            .Build();
    }

    /// <summary>Whether calls succeed: false from the breaker's opening until the next success.</summary>
    public bool IsHealthy { get; private set; } = true;

    private TimeSpan SinceSuccess => _time.GetElapsedTime(Interlocked.Read(ref _lastSuccess));

    /// <summary>Calls the server.</summary>
    /// <param name="call">The call.</param>
    /// <param name="budget">How long it may take.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="BrokenCircuitException">The breaker is open: nothing was sent.</exception>
    /// <exception cref="TimeoutException">No answer in time: nobody knows whether the server did, or still will do, what was asked.</exception>
    /// <exception cref="RedisNotReachedException">No server was reached since the start.</exception>
    /// <exception cref="RedisException">The server refused, or is not reached any more.</exception>
    public async ValueTask<T> CallAsync<T>(Func<IDatabase, Task<T>> call, TimeSpan budget, CancellationToken cancellation)
    {
        var context = ResilienceContextPool.Shared.Get(cancellation);
        var outcome = await _breaker.ExecuteOutcomeAsync(AttemptAsync<T>, context, (call, _connection, budget, _time));
        ResilienceContextPool.Shared.Return(context);
        if (outcome.Exception is null)
        {
            Interlocked.Exchange(ref _lastSuccess, _time.GetTimestamp());
            _succeeded = true;
            IsHealthy = true;
        }
        else if (outcome.Exception is not OperationCanceledException)
        {
            _failures.Add(1);
            if (outcome.Exception is not BrokenCircuitException)
                LogOnceASecond(outcome.Exception);
        }

        outcome.ThrowIfException();
        return (T)outcome.Result!;
    }

    private static async ValueTask<Outcome<object?>> AttemptAsync<T>(
        ResilienceContext context, (Func<IDatabase, Task<T>> Call, RedisConnection Connection, TimeSpan Budget, TimeProvider Time) state)
    {
        try
        {
            var answer = await state.Call(state.Connection.Database).WaitAsync(state.Budget, state.Time, context.CancellationToken);
            // The client hands out one answer after the other on one thread: whoever went on there would hold up all the others.
            await Task.Yield();
            return Outcome.FromResult<object?>(answer);
        }
#pragma warning disable CA1031 // The breaker judges it; the caller throws it again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Outcome.FromException<object?>(e);
        }
    }

    private void LogOnceASecond(Exception failure)
    {
        if (_failureLine.IsTime())
            LogFailed(failure.GetType().Name, failure.Message);
    }

    [LoggerMessage(7012, LogLevel.Warning, "A call to Redis for a session failed: {Failure}: {Reason}")]
    private partial void LogFailed(string failure, string reason);

    [LoggerMessage(7010, LogLevel.Error, "Redis does not answer for sessions; no call goes to it for {BreakDuration}. Ranking goes on without sessions, feedback is refused")]
    private partial void LogOpened(Exception? exception, TimeSpan breakDuration);

    [LoggerMessage(7011, LogLevel.Information, "Redis answers for sessions again")]
    private partial void LogClosed();
}
