using MTRec.Core.Bundles;
using MTRec.Core.Features;

namespace MTRec.Inference;

/// <summary>The sizes of a bundle's tensors and the values of what a caller leaves out.</summary>
public sealed class BundleShape
{
    private readonly float[] _defaultScores;

    internal BundleShape(BundleManifest manifest, FeatureAssembler assembler)
    {
        Assembler = assembler;
        _defaultScores = [.. manifest.Tasks.Select(task => task.Default)];
        Actions = manifest.Fusion.Action.Count;
        ActionPerCandidate = manifest.Files[BundleLayout.Policy].Outputs
            .Any(output => output.Name == BundleLayout.ActionOutput && output.Shape[0] == GraphContract.Candidates);
        Quantiles = manifest.MentalReward?.Quantiles ?? 0;
    }

    /// <summary>Context features C.</summary>
    public int Context => Assembler.Schema.Context.Count;

    /// <summary>User features U.</summary>
    public int User => Assembler.Schema.User.Count;

    /// <summary>Impressions looked back upon, H.</summary>
    public int HistoryLength => Assembler.Schema.History.Length;

    /// <summary>Columns of an impression, W.</summary>
    public int HistoryWidth => Assembler.Schema.HistoryWidth;

    /// <summary>Columns of a candidate: its index and its I features.</summary>
    public int ItemWidth => Assembler.Schema.ItemWidth;

    /// <summary>Tasks K.</summary>
    public int Tasks => _defaultScores.Length;

    /// <summary>Dimensions of the action A.</summary>
    public int Actions { get; }

    /// <summary>Whether the policy acts on every candidate alone (EnhancedRL) rather than once a request.</summary>
    public bool ActionPerCandidate { get; }

    /// <summary>Quantiles Q of the mental reward; 0 where the bundle has none.</summary>
    public int Quantiles { get; }

    /// <summary>Scores [K] of a candidate that comes without.</summary>
    public ReadOnlySpan<float> DefaultScores => _defaultScores;

    internal FeatureAssembler Assembler { get; }

    internal int ActionRows(int count) => ActionPerCandidate ? count : 1;
}
