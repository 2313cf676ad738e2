using Microsoft.Extensions.Primitives;
using MTRec.Serving.Bundles;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Experiments;

/// <summary>
/// The experiments in force. A change of the configuration takes effect at once where it is valid; a bad one keeps the old whole and every fault is
/// logged.
/// </summary>
internal sealed partial class LiveExperiments : IHostedService, IDisposable
{
    private readonly IConfiguration _configuration;
    private readonly WantedBundles _wanted;
    private readonly ILogger<LiveExperiments> _logger;
    private readonly Lock _reloading = new();
    private readonly IDisposable _watch;
    private volatile ExperimentSet _current;
    private volatile IReadOnlyList<string> _faults = [];

    /// <summary>Takes the options that were checked at the start, then watches for changes.</summary>
    public LiveExperiments(IConfiguration configuration, ExperimentsOptions first, WantedBundles wanted, ILogger<LiveExperiments> logger)
    {
        _configuration = configuration;
        _wanted = wanted;
        _logger = logger;
        _current = new ExperimentSet(first);
        _wanted.Set(_current.Bundles);
        _watch = ChangeToken.OnChange(configuration.GetReloadToken, Reload);
    }

    /// <summary>The experiments in force. One call reads them once.</summary>
    public ExperimentSet Current => _current;

    /// <summary>Why the configuration's latest change is not in force; empty where it is.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>Nothing is left to start: whoever starts after this finds the bundles that variants want.</summary>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _watch.Dispose();

    private void Reload()
    {
        lock (_reloading)
        {
            var options = CheckedOptions.Read<ExperimentsOptions>(_configuration, ExperimentsOptions.Section, out var faults);
            _faults = faults;
            foreach (var fault in faults)
                LogRefused(fault);
            if (faults.Count > 0)
                return;

            var next = new ExperimentSet(options);
            var wanted = next.Bundles.Except(_wanted.Versions).Any() || _wanted.Versions.Except(next.Bundles).Any();
            _current = next;
            if (wanted)
                _wanted.Set(next.Bundles);
            LogChanged(next.Layers.Sum(layer => layer.Experiments.Count(next.Runs)));
        }
    }

    [LoggerMessage(9001, LogLevel.Information, "The experiments were read again: {Running} run")]
    private partial void LogChanged(int running);

    [LoggerMessage(9002, LogLevel.Error, "The changed configuration is refused, the experiments stay as they were: {Fault}")]
    private partial void LogRefused(string fault);
}
