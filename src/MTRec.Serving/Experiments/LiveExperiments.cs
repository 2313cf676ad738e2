using MTRec.Serving.Bundles;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Experiments;

/// <summary>The experiments in force: all as one change of the configuration has them, or all as before where it has a fault.</summary>
internal sealed partial class LiveExperiments : IHostedService, IDisposable
{
    private readonly LiveOptions<ExperimentsOptions> _options;
    private readonly WantedBundles _wanted;
    private readonly ILogger<LiveExperiments> _logger;
    private volatile ExperimentSet _current;

    /// <summary>Follows the options.</summary>
    public LiveExperiments(LiveOptions<ExperimentsOptions> options, WantedBundles wanted, ILogger<LiveExperiments> logger)
    {
        _options = options;
        _wanted = wanted;
        _logger = logger;
        _current = new ExperimentSet(options.Current);
        _wanted.Set(_current.Bundles);
        options.Changed += Change;
    }

    /// <summary>The experiments in force. One call reads them once.</summary>
    public ExperimentSet Current => _current;

    /// <summary>Why the configuration's latest change is not in force; empty where it is.</summary>
    public IReadOnlyList<string> Faults => _options.Faults;

    /// <summary>Nothing is left to start: whoever starts after this finds the bundles that variants want.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _options.Changed -= Change;

    private void Change()
    {
        var next = new ExperimentSet(_options.Current);
        var wanted = next.Bundles.Except(_wanted.Versions).Any() || _wanted.Versions.Except(next.Bundles).Any();
        _current = next;
        if (wanted)
            _wanted.Set(next.Bundles);
        LogChanged(next.Layers.Sum(layer => layer.Experiments.Count(next.Runs)));
    }

    [LoggerMessage(9001, LogLevel.Information, "The experiments were read again: {Running} run")]
    private partial void LogChanged(int running);
}
