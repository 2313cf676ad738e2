using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Wide &amp; Deep (Cheng et al. 2016): logit = w_wide . [x, phi(x)] + w_deep . a^(l) + b (Eq 3), a^(l+1) = relu(W a^(l) + b) (Eq 2).
/// x is the candidate; phi(x) are the cross products (Eq 1) of the candidate with each item of the history, averaged, their weights in a table
/// of <see cref="Buckets"/> by hash [ours]. The deep part sees the mean of the history and the candidate.
/// </summary>
public sealed class WideAndDeep : SequenceRecommender
{
    private const int Buckets = 1 << 16;

    private readonly ItemEmbedding _items;
    private readonly Embedding _wide;
    private readonly Embedding _crosses;
    private readonly Sequential _deep;

    /// <summary>Makes a network.</summary>
    public WideAndDeep(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(WideAndDeep))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        _wide = ItemEmbedding.Table(_items.Rows, 1);
        _crosses = ItemEmbedding.Table(Buckets, 1);
        _deep = Perceptron.Of(2 * options.Width, options.Hidden, 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch)
    {
        var crosses = _crosses.call(Bucket(batch.History, batch.Candidates.unsqueeze(1)));
        var wide = _wide.call(batch.Candidates) + HistoryMean.Of(crosses, batch.Present);
        var deep = _deep.call(cat([HistoryMean.Of(_items.call(batch.History), batch.Present), _items.call(batch.Candidates)], 1));
        return new Scores((wide + deep).squeeze(1));
    }

    // Multiplicative hashing (Knuth): the upper bits of a product with an odd number near 2^32 / phi.
    private static Tensor Bucket(Tensor first, Tensor second) =>
        (((first * 65_599) + second) * 2_654_435_769).remainder(1L << 32).div(1 << 16, RoundingMode.floor).to(ScalarType.Int64);
}
