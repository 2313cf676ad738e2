using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>What a recommender knows of some shown items.</summary>
/// <param name="History">Items that the user took before, oldest first, 0 before the first: the latest stand last [B, h], Int64, h of 1 or more.</param>
/// <param name="Skipped">An item that was skipped beside each taken one, 0 where there is none [B, h], Int64; training alone may look at it.</param>
/// <param name="Candidates">The shown items, 1 or more [B], Int64.</param>
public sealed record SequenceBatch(Tensor History, Tensor Skipped, Tensor Candidates)
{
    /// <summary>1 where the history holds an item, 0 elsewhere [B, h].</summary>
    public Tensor Present => History.gt(0).to(ScalarType.Float32);
}
