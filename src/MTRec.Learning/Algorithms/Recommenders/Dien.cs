using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Deep interest evolution network (Zhou et al. 2019): a GRU extracts interests h_t (Eqs 2-5), an auxiliary loss asks that h_t tell the next
/// taken item from a skipped one (Eq 6), attention a_t = softmax(h_t W e_a) (Eq 8) relates them to the candidate, and AUGRU follows their
/// evolution. Then the perceptron of <see cref="Din"/>, the last evolved interest in place of the attended sum.
/// </summary>
public sealed class Dien : SequenceRecommender
{
    // Far below any score, and representable.
    private const float Absent = 1e9f;

    // Weight of the auxiliary loss: that of the authors' code is 1, with which it outweighs the responses on histories this short [ours].
    private const double AuxiliaryWeight = 0.1;

    private readonly ItemEmbedding _items;
    private readonly Augru _extractor;
    private readonly Linear _attention;
    private readonly Augru _evolution;
    private readonly Sequential _deep;

    /// <summary>Makes a network.</summary>
    public Dien(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(Dien))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        _extractor = new Augru(options.Width, options.Width);
        _attention = Linear(options.Width, options.Width, hasBias: false);
        _evolution = new Augru(options.Width, options.Width);
        _deep = Perceptron.Of(4 * options.Width, options.Hidden, 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch)
    {
        var candidate = _items.call(batch.Candidates);
        var history = _items.call(batch.History);
        var present = batch.Present;
        var interests = _extractor.call(history, present);

        var scores = _attention.call(interests).matmul(candidate.unsqueeze(-1)).squeeze(-1);
        var weights = ((scores * present) + ((present - 1) * Absent)).softmax(-1) * present;
        var evolved = _evolution.call(interests, weights).select(1, -1);

        var mean = HistoryMean.Of(history, present);
        var logits = _deep.call(cat([candidate, mean, candidate * mean, evolved], 1)).squeeze(1);
        return new Scores(logits, training ? AuxiliaryLoss(interests, history, batch) * AuxiliaryWeight : null);
    }

    // Eq 6: -mean(log sigmoid(h_t . e_{t+1}) + log(1 - sigmoid(h_t . skipped_{t+1}))) over the steps that have both.
    private Tensor AuxiliaryLoss(Tensor interests, Tensor history, SequenceBatch batch)
    {
        var steps = history.shape[1] - 1;
        if (steps == 0)
            return interests.sum() * 0;
        var before = interests.narrow(1, 0, steps);
        var taken = (before * history.narrow(1, 1, steps)).sum(-1L);
        var skipped = (before * _items.call(batch.Skipped.narrow(1, 1, steps))).sum(-1L);
        var both = batch.Present.narrow(1, 0, steps) * batch.Skipped.narrow(1, 1, steps).gt(0).to(ScalarType.Float32);
        return -(both * (taken.log_sigmoid() + (-skipped).log_sigmoid())).sum() / both.sum().clamp_min(1);
    }
}
