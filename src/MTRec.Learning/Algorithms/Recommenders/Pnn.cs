using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Product-based neural network with inner products, IPNN (Qu et al. 2016): l1 = relu(W_z z + W_p p + b), z the embeddings of the fields,
/// p the inner products &lt;f_i, f_j&gt;, i &lt; j, then a perceptron. Fields: the candidate, its attributes where there are any, the latest
/// item and the history's mean.
/// </summary>
public sealed class Pnn : SequenceRecommender
{
    private readonly ItemEmbedding _items;
    private readonly Linear _linear;
    private readonly Linear _product;
    private readonly Sequential _deep;

    /// <summary>Makes a network.</summary>
    public Pnn(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(Pnn))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        var fields = _items.HasAttributes ? 4 : 3;
        _linear = nn.Linear(fields * options.Width, options.Hidden);
        _product = nn.Linear(fields * (fields - 1) / 2, options.Hidden, hasBias: false);
        _deep = nn.Sequential(nn.Linear(options.Hidden, options.Hidden / 2), nn.ReLU(), nn.Linear(options.Hidden / 2, 1));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch)
    {
        var history = _items.call(batch.History);
        var fields = new List<Tensor>
        {
            _items.Own(batch.Candidates), history.select(1, -1), HistoryMean.Of(history, batch.Present),
        };
        if (_items.HasAttributes)
            fields.Add(_items.Attributes(batch.Candidates));
        var z = stack(fields, 1);
        return new Scores(_deep.call((_linear.call(z.flatten(1)) + _product.call(Products(z))).relu()).squeeze(1));
    }

    /// <summary>The inner products of all pairs i &lt; j, row by row of the triangle: [B, F, d] -> [B, F (F - 1) / 2].</summary>
    internal static Tensor Products(Tensor fields)
    {
        var count = (int)fields.shape[1];
        var places = new List<long>();
        for (var i = 0; i < count; i++)
        {
            for (var j = i + 1; j < count; j++)
                places.Add((i * count) + j);
        }

        return fields.matmul(fields.transpose(1, 2)).flatten(1).index_select(1, tensor(places.ToArray()));
    }
}
