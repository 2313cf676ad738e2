using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.FixedPolicy;

/// <summary>Ranks by chance: what any policy must beat.</summary>
/// <param name="seed">The same seed gives the same orders, call by call.</param>
public sealed class RandomOrder(int seed) : IFusionPolicy
{
    private readonly Generator _generator = new((ulong)seed);

    /// <inheritdoc/>
    public string Algorithm => "random";

    /// <inheritdoc/>
    public Tensor Score(Observation observation) =>
        rand([observation.TaskScores!.shape[0], observation.TaskScores.shape[1]], generator: _generator);

    /// <inheritdoc/>
    public void Dispose() => _generator.Dispose();
}
