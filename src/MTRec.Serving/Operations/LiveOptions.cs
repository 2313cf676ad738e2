using Microsoft.Extensions.Primitives;

namespace MTRec.Serving.Operations;

/// <summary>Options in force. A change of the configuration takes effect at once where it is valid; a bad one keeps the old and every fault is logged.</summary>
internal sealed partial class LiveOptions<TOptions> : IDisposable
    where TOptions : class, ICheckedOptions, new()
{
    private readonly IConfiguration _configuration;
    private readonly string _section;
    private readonly SettingsFiles _files;
    private readonly ILogger<LiveOptions<TOptions>> _logger;
    private readonly Lock _reloading = new();
    private readonly IDisposable _watch;
    private volatile TOptions _current;
    private volatile IReadOnlyList<string> _faults = [];

    /// <summary>Takes the options that were checked at the start, then watches for changes.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="section">The options' section in it.</param>
    /// <param name="files">Knows files that cannot be read.</param>
    /// <param name="first">The options that were checked at the start.</param>
    /// <param name="logger">Says what was refused.</param>
    public LiveOptions(IConfiguration configuration, string section, SettingsFiles files, TOptions first, ILogger<LiveOptions<TOptions>> logger)
    {
        _configuration = configuration;
        _section = section;
        _files = files;
        _logger = logger;
        _current = first;
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>Raised, one after the other, when the configuration was read again without a fault; the options may be the same as before.</summary>
    public event Action? Changed;

    /// <summary>The options in force.</summary>
    public TOptions Current => _current;

    /// <summary>Why the configuration's latest change is not in force; empty where it is.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Reload()
    {
        lock (_reloading)
        {
            var next = CheckedOptions.Read<TOptions>(_configuration, _section, out var faults);
            faults = [.. _files.Faults, .. faults];
            _faults = faults;
            foreach (var fault in faults)
                LogRefused(_section, fault);
            if (faults.Count > 0)
                return;
            _current = next;
            Changed?.Invoke();
        }
    }

    [LoggerMessage(6012, LogLevel.Error, "The changed configuration is refused, {Section} stays as it was: {Fault}")]
    private partial void LogRefused(string section, string fault);
}
