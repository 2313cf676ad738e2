using Microsoft.Extensions.Primitives;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Access;

/// <summary>
/// The keys in force. A change of the configuration takes effect at once where it is valid; a bad one keeps the old and says why. Until the
/// addresses are known on which the service listens, nobody may do anything without a key.
/// </summary>
internal sealed partial class LiveKeyRing : IDisposable
{
    private readonly Lock _changes = new();
    private readonly IConfiguration _configuration;
    private readonly TimeProvider _time;
    private readonly ILogger<LiveKeyRing> _logger;
    private readonly IDisposable _watch;
    private AccessOptions _options;
    private bool? _isPrivate;
    private volatile KeyRing _current;

    /// <summary>Takes the options that were checked at the start, then watches for changes.</summary>
    public LiveKeyRing(IConfiguration configuration, AccessOptions first, TimeProvider time, ILogger<LiveKeyRing> logger)
    {
        _configuration = configuration;
        _options = first;
        _time = time;
        _logger = logger;
        _current = new KeyRing(new AccessOptions { Keys = first.Keys }, isPrivate: false);
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
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
            if (FaultOf(_options, isPrivate) is { } fault)
                throw new InvalidOperationException(fault);
            _isPrivate = isPrivate;
            Put(_options);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Reload()
    {
        lock (_changes)
        {
            var next = CheckedOptions.Read<AccessOptions>(_configuration, AccessOptions.Section, out var faults);
            foreach (var fault in faults)
                LogRefused(fault);
            if (faults.Count > 0)
                return;
            if (_isPrivate is not { } isPrivate)
            {
                _options = next;
                return;
            }

            if (FaultOf(next, isPrivate) is { } open)
                LogRefused(open);
            else
                Put(next);
        }
    }

    private void Put(AccessOptions options)
    {
        _options = options;
        var ring = new KeyRing(options, _isPrivate!.Value);
        _current = ring;
        if (ring.Anonymous is null)
            LogKeys(ring.Count);
        else if (!_isPrivate.Value)
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
