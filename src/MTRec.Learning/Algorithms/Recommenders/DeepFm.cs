using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// DeepFM (Guo et al. 2017): logit = y_FM + y_DNN (Eq 1), y_FM = w . x + sum_{i&lt;j} &lt;V_i, V_j&gt; x_i x_j (Eq 2), both parts on one table of
/// embeddings. Features x: the candidate and its attributes' mean at 1, each item of the history at one over their number.
/// </summary>
public sealed class DeepFm : SequenceRecommender
{
    private readonly ItemEmbedding _items;
    private readonly Embedding _candidateWeight;
    private readonly Embedding _historyWeight;
    private readonly Sequential _deep;

    /// <summary>Makes a network.</summary>
    public DeepFm(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(DeepFm))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        _candidateWeight = ItemEmbedding.Table(_items.Rows, 1);
        _historyWeight = ItemEmbedding.Table(_items.Rows, 1);
        _deep = Perceptron.Of(options.Width * (_items.HasAttributes ? 3 : 2), options.Hidden, 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch)
    {
        var share = batch.Present / batch.Present.sum(1L, keepdim: true).clamp_min(1);
        var history = _items.call(batch.History) * share.unsqueeze(-1);
        var candidate = new List<Tensor> { _items.Own(batch.Candidates) };
        if (_items.HasAttributes)
            candidate.Add(_items.Attributes(batch.Candidates));

        var features = cat([stack(candidate, 1), history], 1);
        var linear = _candidateWeight.call(batch.Candidates) + (_historyWeight.call(batch.History) * share.unsqueeze(-1)).sum(1L);
        var deep = _deep.call(cat([.. candidate, history.sum(1L)], 1));
        return new Scores((linear + deep).squeeze(1) + Pairs(features));
    }

    /// <summary>sum_{i&lt;j} &lt;v_i, v_j&gt; = (|sum_i v_i|^2 - sum_i |v_i|^2) / 2 of features times their values: [B, F, d] -> [B].</summary>
    internal static Tensor Pairs(Tensor features) =>
        (features.sum(1L).square().sum(1L) - features.square().sum(1L, 2L)) / 2;
}
