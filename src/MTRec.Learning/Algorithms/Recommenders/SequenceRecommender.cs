using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>A recommender of click-through kind: the logit of a positive response to a shown item, given what the user took before.</summary>
/// <param name="name">The architecture's name.</param>
public abstract class SequenceRecommender(string name) : nn.Module<SequenceBatch, Tensor>(name)
{
    /// <summary>Logits [B].</summary>
    public sealed override Tensor forward(SequenceBatch input) => Score(input).Logits;

    /// <summary>Logits, and the architecture's own loss beside that of the responses.</summary>
    public abstract Scores Score(SequenceBatch batch);
}

/// <summary>What a recommender computes of a batch.</summary>
/// <param name="Logits">Of a positive response [B].</param>
/// <param name="AuxiliaryLoss">A loss of the architecture itself, a scalar, already weighted; null where it has none.</param>
public sealed record Scores(Tensor Logits, Tensor? AuxiliaryLoss = null);
