using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Simulation.KuaiRand;
using static TorchSharp.torch;

namespace MTRec.Trainer.Reproduction.Fusion;

/// <summary>
/// What a policy of items could reach that looks one step ahead: ranks by the expected reward that each candidate would have with the training
/// users' responses, which no learner sees.
/// </summary>
internal sealed class ItemOracle(KuaiRandSimulator simulator) : IFusionPolicy
{
    /// <inheritdoc/>
    public string Algorithm => "item-oracle";

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => simulator.Evaluation.ExpectedRewards(simulator.Training).sum(-1);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
