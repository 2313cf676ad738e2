using Microsoft.Extensions.Primitives;
using MTRec.Core.Blending;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Ranking;

/// <summary>The blending in force. A change of the configuration takes effect at once where it is valid; a bad one keeps the old and says why.</summary>
internal sealed partial class LiveBlending : IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly ILogger<LiveBlending> _logger;
    private readonly IDisposable _watch;
    private volatile BlendParameters _current;

    /// <summary>Takes the options that were checked at the start, then watches for changes.</summary>
    public LiveBlending(IConfiguration configuration, BlendingOptions first, ILogger<LiveBlending> logger)
    {
        _configuration = configuration;
        _logger = logger;
        _current = first.ToParameters();
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>The parameters in force. One call reads them once.</summary>
    public BlendParameters Current => _current;

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Reload()
    {
        var next = CheckedOptions.Read<BlendingOptions>(_configuration, BlendingOptions.Section, out var faults);
        foreach (var fault in faults)
            LogRefused(fault);
        var parameters = next.ToParameters();
        if (faults.Count > 0 || parameters == _current)
            return;
        _current = parameters;
        LogChanged(parameters);
    }

    [LoggerMessage(1010, LogLevel.Information, "Blending is now {Parameters}")]
    private partial void LogChanged(BlendParameters parameters);

    [LoggerMessage(1011, LogLevel.Error, "The changed configuration is refused, blending stays as it was: {Fault}")]
    private partial void LogRefused(string fault);
}
