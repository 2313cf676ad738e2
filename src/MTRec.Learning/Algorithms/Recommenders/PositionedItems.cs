using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>Items plus an embedding of their place, counted from the latest: [B, h] -> [B, h, d]; 0 where there is no item.</summary>
internal sealed class PositionedItems : nn.Module<SequenceBatch, Tensor>
{
    private readonly ItemEmbedding _items;
    private readonly Embedding _places;

    public PositionedItems(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(PositionedItems))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        _places = ItemEmbedding.Table(options.History, options.Width);
        RegisterComponents();
    }

    /// <summary>Vectors of items, without places.</summary>
    public ItemEmbedding Items => _items;

    /// <inheritdoc/>
    public override Tensor forward(SequenceBatch input)
    {
        var length = input.History.shape[1];
        var places = _places.call(arange(length - 1, -1, -1, ScalarType.Int64));
        return (_items.call(input.History) + places) * input.Present.unsqueeze(-1);
    }
}
