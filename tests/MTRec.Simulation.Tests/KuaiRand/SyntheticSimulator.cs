using MTRec.Learning.Fitting;
using MTRec.Learning.Tests;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Simulation.Tests.KuaiRand;

/// <summary>Simulators of one small synthetic log.</summary>
public sealed class SyntheticSimulator : IDisposable
{
    private readonly SyntheticLog _log = SyntheticLog.Write(users: 200, rowsPerUser: 14);

    public SyntheticSimulator() => Fitted = Fit(Options);

    /// <summary>Sessions long enough to fill and roll over the history.</summary>
    public static KuaiRandSimulatorOptions Options { get; } = new()
    {
        HistoryLength = 6,
        Response = new ResponseNetworkOptions { Networks = 2, Hidden = 24, Tastes = 4, WatchBins = 5 },
        ResponseFit = new FitOptions { Epochs = 8, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.01, Patience = 3 },
        Upstream = new UpstreamOptions { Hidden = 16 },
        UpstreamFit = new FitOptions { Epochs = 4, BatchSize = 128, LearningRate = 1e-2, WeightDecay = 0.01 },
        Sessions = new KuaiRandSessionOptions { Candidates = 8, ListSize = 2, MaximumViews = 24, WatchScale = 250 },
    };

    public KuaiRandSimulator Fitted { get; }

    public KuaiRandSimulator Fit(KuaiRandSimulatorOptions options)
    {
        set_num_threads(1);
        return KuaiRandSimulator.Fit(_log.Folder, options);
    }

    public void Dispose()
    {
        Fitted.Dispose();
        _log.Dispose();
    }
}
