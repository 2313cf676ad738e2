using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Trainer.Simulation;

/// <summary>Ranks by chance.</summary>
internal sealed class RandomOrder(int seed) : IFusionPolicy
{
    private readonly Generator _chance = new((ulong)seed);

    /// <inheritdoc/>
    public string Algorithm => "random";

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => rand([observation.TaskScores!.shape[0], observation.TaskScores.shape[1]], generator: _chance);

    /// <inheritdoc/>
    public void Dispose() => _chance.Dispose();
}
