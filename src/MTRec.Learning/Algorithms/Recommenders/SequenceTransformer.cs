using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// What SASRec and LinRec share: items with places, two transformer layers of a given attention, the last position's normalised output times
/// the candidate's embedding: batch -> logits [B].
/// </summary>
internal sealed class SequenceTransformer : nn.Module<SequenceBatch, Tensor>
{
    private readonly PositionedItems _items;
    private readonly TransformerLayer _first;
    private readonly TransformerLayer _second;
    private readonly LayerNorm _norm;

    /// <param name="attributes">Of the items.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="attention">Makes a layer's attention of a width: ([B, h, d], present [B, h]) -> [B, h, d].</param>
    public SequenceTransformer(ItemAttributes attributes, RecommenderOptions options, Func<int, nn.Module<Tensor, Tensor, Tensor>> attention)
        : base(nameof(SequenceTransformer))
    {
        _items = new PositionedItems(attributes, options);
        _first = new TransformerLayer(options.Width, attention(options.Width));
        _second = new TransformerLayer(options.Width, attention(options.Width));
        _norm = nn.LayerNorm(options.Width);
        RegisterComponents();
    }

    public override Tensor forward(SequenceBatch batch)
    {
        var present = batch.Present;
        var states = _second.call(_first.call(_items.call(batch), present), present);
        return (_norm.call(states.select(1, -1)) * _items.Items.call(batch.Candidates)).sum(1L);
    }
}
