using System.Net;
using StackExchange.Redis;

namespace MTRec.Serving.Redis;

/// <summary>
/// One multiplexer, shared by all calls of one purpose. It connects in the background and comes back by itself: no server at the
/// start is no failure.
/// </summary>
internal sealed partial class RedisConnection : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A Cluster's client learns that a replica has taken over by asking who has what; the client's own default is to wait until it is told.
    private static readonly TimeSpan TopologyCheck = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions _configuration;
    private readonly string _purpose;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _connecting;
    private volatile ConnectionMultiplexer? _multiplexer;
    private bool _isDisposed;

    /// <summary>Begins to connect.</summary>
    /// <param name="options">Where to.</param>
    /// <param name="purpose">What for: the server's list of clients and the log show it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Learns of lost and restored connections.</param>
    public RedisConnection(RedisOptions options, string purpose, TimeProvider time, ILogger logger)
    {
        _purpose = purpose;
        _time = time;
        _logger = logger;
        _configuration = ConfigurationOptions.Parse(options.Configuration);
        _configuration.AbortOnConnectFail = false;
        _configuration.ConnectTimeout = (int)options.ConnectTimeout.TotalMilliseconds;
        _configuration.ReconnectRetryPolicy = new LinearRetry((int)Pause.TotalMilliseconds);
        // Calls kept for a server that comes back would be done long after their callers were told that they failed.
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
        _configuration.ConfigCheckSeconds = (int)TopologyCheck.TotalSeconds;
        _configuration.TopologyRefreshSeconds = (int)TopologyCheck.TotalSeconds;
        _configuration.ClientName = $"mtrec-{purpose}";
        // Details name keys, and keys name users, who have no place in a log.
        _configuration.IncludeDetailInExceptions = false;
        _connecting = ConnectAsync();
    }

    /// <summary>The server, or the Cluster.</summary>
    /// <exception cref="RedisNotReachedException">Nobody was reached yet.</exception>
    public IDatabase Database => _multiplexer?.GetDatabase()
        ?? throw new RedisNotReachedException();

    /// <summary>Waits until the first attempt to connect is over, for <paramref name="patience"/> at most.</summary>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellation) =>
        await _connecting.WaitAsync(patience, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        await _end.CancelAsync();
        await _connecting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_multiplexer is { } multiplexer)
            await multiplexer.CloseAsync(allowCommandsToComplete: false);
        _multiplexer?.Dispose();
        _end.Dispose();
    }

    private async Task ConnectAsync()
    {
        while (true)
        {
            try
            {
                var multiplexer = await ConnectionMultiplexer.ConnectAsync(_configuration);
                multiplexer.ConnectionFailed += (_, lost) => LogLost(lost.Exception, _purpose, lost.EndPoint, lost.FailureType);
                multiplexer.ConnectionRestored += (_, restored) => LogRestored(_purpose, restored.EndPoint);
                _multiplexer = multiplexer;
                return;
            }
#pragma warning disable CA1031 // A name that is not resolved yet, a server that refuses: it may be otherwise a moment later.
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogNotConnected(e, _purpose, Pause);
            }

            await Task.Delay(Pause, _time, _end.Token);
        }
    }

    [LoggerMessage(7001, LogLevel.Warning, "Redis ({Purpose}): the connection to {Server} is lost: {Failure}")]
    private partial void LogLost(Exception? exception, string purpose, EndPoint? server, ConnectionFailureType failure);

    [LoggerMessage(7002, LogLevel.Information, "Redis ({Purpose}): connected to {Server} again")]
    private partial void LogRestored(string purpose, EndPoint? server);

    [LoggerMessage(7003, LogLevel.Warning, "Redis ({Purpose}): could not connect; tried again in {Pause}")]
    private partial void LogNotConnected(Exception exception, string purpose, TimeSpan pause);
}

/// <summary>No Redis server was reached since the start.</summary>
internal sealed class RedisNotReachedException() : Exception("No Redis server was reached yet.");
