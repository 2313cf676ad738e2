using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>Items as vectors: the item's own embedding plus the mean of its attributes'. Item 0, none, is the vector 0.</summary>
public sealed class ItemEmbedding : nn.Module<Tensor, Tensor>
{
    // Small against what is learned, so that items that are seldom seen stay near their attributes.
    private const double Deviation = 0.05;

    private readonly Embedding _items;
    private readonly Embedding? _attributes;
    private readonly Tensor _codes;
    private readonly Tensor _weights;

    /// <summary>Makes the table.</summary>
    /// <param name="attributes">Attributes of the items.</param>
    /// <param name="width">d.</param>
    /// <param name="most">Attributes of an item that count: the first.</param>
    public ItemEmbedding(ItemAttributes attributes, int width, int most)
        : base(nameof(ItemEmbedding))
    {
        Rows = attributes.OfItem.Count;
        var columns = Math.Min(most, attributes.OfItem.Max(list => list.Count));
        var codes = new long[Rows * Math.Max(1, columns)];
        var weights = new float[codes.Length];
        for (var item = 0; item < Rows; item++)
        {
            var count = Math.Min(columns, attributes.OfItem[item].Count);
            for (var i = 0; i < count; i++)
            {
                codes[(item * columns) + i] = attributes.OfItem[item][i];
                weights[(item * columns) + i] = 1f / count;
            }
        }

        _items = Table(Rows, width);
        _attributes = columns == 0 ? null : Table(attributes.Count + 1, width);
        _codes = tensor(codes, Rows, Math.Max(1, columns));
        _weights = tensor(weights, Rows, Math.Max(1, columns), 1);
        RegisterComponents();
    }

    /// <summary>Items and item 0.</summary>
    public int Rows { get; }

    /// <summary>Whether there are attributes at all.</summary>
    public bool HasAttributes => _attributes is not null;

    /// <summary>Items [...] to vectors [..., d].</summary>
    public override Tensor forward(Tensor input)
    {
        var own = Own(input);
        return HasAttributes ? own + Attributes(input) : own;
    }

    /// <summary>The items' own part [..., d].</summary>
    public Tensor Own(Tensor items) => _items.call(items) * items.gt(0).to(ScalarType.Float32).unsqueeze(-1);

    /// <summary>The attributes' part [..., d].</summary>
    /// <exception cref="InvalidOperationException">There are no attributes.</exception>
    public Tensor Attributes(Tensor items)
    {
        var table = _attributes ?? throw new InvalidOperationException("The items have no attributes.");
        var flat = items.reshape(-1);
        var vectors = table.call(_codes.index_select(0, flat)) * _weights.index_select(0, flat);
        return vectors.sum(1L).reshape([.. items.shape, -1]);
    }

    /// <summary>An embedding with small values.</summary>
    internal static Embedding Table(int rows, int width)
    {
        var table = nn.Embedding(rows, width);
        using (no_grad())
        using (NewDisposeScope())
            nn.init.normal_(table.weight!, 0, Deviation);
        return table;
    }
}
