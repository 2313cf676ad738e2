using MTRec.Serving.Operations;

namespace MTRec.Serving.Access;

/// <summary>
/// The keys in force. Until the addresses are known on which the service listens, nobody may do anything without a key; a change that would let in
/// whoever reaches the service from elsewhere is refused.
/// </summary>
internal sealed partial class LiveKeyRing : IDisposable
{
    private readonly Lock _changes = new();
    private readonly LiveOptions<AccessOptions> _options;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveKeyRing> _logger;
    private bool? _isPrivate;
    private volatile KeyRing _current;

    /// <summary>Follows the options.</summary>
    public LiveKeyRing(LiveOptions<AccessOptions> options, TimeProvider time, ILogger<LiveKeyRing> logger)
    {
        _options = options;
        _time = time;
        _logger = logger;
        _current = new KeyRing(new AccessOptions { Keys = options.Current.Keys }, isPrivate: false);
        options.Changed += Change;
    }

    /// <summary>The keys in force. One request reads them once.</summary>
    public KeyRing Current => _current;

    /// <summary>Tells on which addresses the service listens.</summary>
    /// <param name="isPrivate">Whether only this machine reaches them.</param>
    /// <exception cref="InvalidOperationException">Others reach them, there is no key, and it was not said that there need not be one.</exception>
    public void Open(bool isPrivate)
    {
        lock (_changes)
        {
            var options = _options.Current;
            if (FaultOf(options, isPrivate) is { } fault)
                throw new InvalidOperationException(fault);
            _isPrivate = isPrivate;
            Put(options, isPrivate);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _options.Changed -= Change;

    private void Change()
    {
        lock (_changes)
        {
            // Until then the options wait.
            if (_isPrivate is not { } isPrivate)
                return;
            var next = _options.Current;
            if (FaultOf(next, isPrivate) is { } open)
                LogRefused(open);
            else
                Put(next, isPrivate);
        }
    }

    private void Put(AccessOptions options, bool isPrivate)
    {
        var ring = new KeyRing(options, isPrivate);
        _current = ring;
        if (ring.Anonymous is null)
            LogKeys(ring.Count);
        else if (!isPrivate)
            LogOpen();
        foreach (var name in ring.ExpiredAt(_time.GetUtcNow()))
            LogExpired(name);
    }

    private static string? FaultOf(AccessOptions options, bool isPrivate) =>
        isPrivate || options.AllowAnonymous || options.Keys.Length > 0
            ? null
            : "Access:Keys holds no key, and other machines reach the service: name keys (deploy/local/key.sh makes them), listen on 127.0.0.1 alone, or set Access:AllowAnonymous.";

    [LoggerMessage(8001, LogLevel.Information, "Callers need one of {Keys} keys")]
    private partial void LogKeys(int keys);

    [LoggerMessage(8002, LogLevel.Warning, "Other machines reach the service, and callers need no key")]
    private partial void LogOpen();

    [LoggerMessage(8003, LogLevel.Warning, "The key {Key} has expired")]
    private partial void LogExpired(string key);

    [LoggerMessage(8004, LogLevel.Error, "The changed configuration is refused, access stays as it was: {Fault}")]
    private partial void LogRefused(string fault);
}
