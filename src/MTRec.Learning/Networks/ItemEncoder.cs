using MTRec.Core.Features;
using MTRec.Export;
using MTRec.Learning.Distributed;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// An item's row [..., 1 + I] to its features and its own embedding [..., <see cref="Width"/>]. Items beyond the table are unknown, row 0;
/// so is a random share of all items in training.
/// </summary>
public sealed class ItemEncoder : nn.Module<Tensor, Tensor>
{
    private readonly FeatureEncoder _features;
    private readonly Embedding _items;
    private readonly int _itemFeatures;
    private readonly int _itemCount;
    private readonly double _dropout;
    private readonly int _embeddingSize;

    /// <summary>Makes an encoder.</summary>
    /// <param name="features">The item features.</param>
    /// <param name="statistics">One a feature.</param>
    /// <param name="itemCount">Items in the table.</param>
    /// <param name="options">Sizes.</param>
    public ItemEncoder(
        IReadOnlyList<FeatureDefinition> features, IReadOnlyList<NumericStatistics> statistics, int itemCount, BackboneOptions options)
        : base(nameof(ItemEncoder))
    {
        _itemFeatures = features.Count;
        _itemCount = itemCount;
        _dropout = options.ItemDropout;
        _embeddingSize = options.ItemEmbeddingSize;
        _features = new FeatureEncoder(features, statistics, options.EmbeddingSize);
        _items = nn.Embedding(itemCount + 1, options.ItemEmbeddingSize);
        using (no_grad())
        using (NewDisposeScope())
            nn.init.normal_(_items.weight!, 0, 0.02);
        RegisterComponents();
    }

    /// <summary>Columns of the result.</summary>
    public int Width => _features.Width + _embeddingSize;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        var index = input.select(-1, 0);
        index *= index.le(_itemCount);
        if (training)
            index *= rand(index.shape, generator: BatchSlice.CurrentChance).ge(_dropout);
        var features = input.narrow(-1, 1, _itemFeatures);
        return cat([_features.call(features), _items.call(index.to(ScalarType.Int64))], -1);
    }

    /// <summary>The same in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="constants">The encoder's constants, shared by all its uses in the graph.</param>
    /// <param name="x">Items' rows [n, 1 + I].</param>
    public OnnxValue Export(OnnxGraph graph, Constants constants, OnnxValue x)
    {
        var index = graph.Relu(graph.Select(x, 1, 0));
        var known = graph.Less(index, graph.Scalar(_itemCount + 0.5f));
        index *= graph.Cast(known, OnnxType.Float32);
        var own = graph.Gather(constants.Items, graph.Cast(index, OnnxType.Int64));
        return graph.Concat(1, _features.Export(graph, constants.Features, graph.Slice(x, 1, 1)), own);
    }

    /// <summary>Puts the encoder's constants into a graph.</summary>
    public Constants ExportConstants(OnnxGraph graph, string name) =>
        new(graph.Initializer($"{name}.items", _items.weight!), _features.ExportConstants(graph, $"{name}.features"));

    /// <summary>An encoder's constants in a graph.</summary>
    public sealed record Constants(OnnxValue Items, FeatureEncoder.Constants Features);
}
