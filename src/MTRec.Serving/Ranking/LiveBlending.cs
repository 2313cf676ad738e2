using MTRec.Core.Blending;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Ranking;

/// <summary>The blending in force.</summary>
internal sealed partial class LiveBlending : IDisposable
{
    private readonly LiveOptions<BlendingOptions> _options;
    private readonly ILogger<LiveBlending> _logger;
    private volatile BlendParameters _current;

    /// <summary>Follows the options.</summary>
    public LiveBlending(LiveOptions<BlendingOptions> options, ILogger<LiveBlending> logger)
    {
        _options = options;
        _logger = logger;
        _current = options.Current.ToParameters();
        options.Changed += Change;
    }

    /// <summary>The parameters in force. One call reads them once.</summary>
    public BlendParameters Current => _current;

    /// <inheritdoc/>
    public void Dispose() => _options.Changed -= Change;

    private void Change()
    {
        var parameters = _options.Current.ToParameters();
        if (parameters == _current)
            return;
        _current = parameters;
        LogChanged(parameters);
    }

    [LoggerMessage(1010, LogLevel.Information, "Blending is now {Parameters}")]
    private partial void LogChanged(BlendParameters parameters);
}
