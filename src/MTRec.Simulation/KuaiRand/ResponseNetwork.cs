using MTRec.Core.Features;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// Logits of a user's responses to an item (<see cref="ResponseLayout"/>): context, user and history's summary as one half; the item and the
/// user's responses to like items as the other; a hidden layer of their sum beside products of their projections, and a second.
/// </summary>
/// <remarks>
/// An item is told by its features and statistics, not by itself: with seven rows an item in each half of the users, what networks of the two
/// halves made of items' identities agreed little, and a policy that takes the best of many candidates was mostly paid for a sample's chance.
/// </remarks>
internal sealed class ResponseNetwork : nn.Module<ResponseInput, Tensor>
{
    private readonly FeatureEncoder _context;
    private readonly FeatureEncoder _user;
    private readonly FeatureEncoder _item;
    private readonly int _itemFeatures;
    private readonly SplitLinear _first;
    private readonly Linear _userTaste;
    private readonly Linear _itemTaste;
    private readonly Linear _second;
    private readonly Linear _output;
    private readonly Dropout _dropout;

    public ResponseNetwork(
        FeatureSchema schema, BackboneStatistics statistics, ResponseInputs inputs, float[] logits, ResponseNetworkOptions options)
        : base(nameof(ResponseNetwork))
    {
        _itemFeatures = schema.Item.Count;
        _context = new FeatureEncoder(schema.Context, statistics.Context, options.EmbeddingSize);
        _user = new FeatureEncoder(schema.User, statistics.User, options.EmbeddingSize);
        _item = new FeatureEncoder(schema.Item, statistics.Item, options.EmbeddingSize);
        var user = _context.Width + _user.Width + inputs.SummaryWidth;
        var item = _item.Width + inputs.MatchedWidth;
        _first = new SplitLinear(user, item, options.Hidden);
        _userTaste = nn.Linear(user, options.Tastes);
        _itemTaste = nn.Linear(item, options.Tastes);
        _second = nn.Linear(options.Hidden + options.Tastes, options.Hidden / 2);
        _output = nn.Linear(options.Hidden / 2, logits.Length);
        _dropout = nn.Dropout(options.Dropout);
        using (no_grad())
        using (NewDisposeScope())
        {
            nn.init.normal_(_output.weight!, 0, 0.02);
            _output.bias!.copy_(tensor(logits));
        }

        RegisterComponents();
    }

    /// <summary>Logits [B, n, outputs].</summary>
    public override Tensor forward(ResponseInput input)
    {
        var state = _dropout.call(cat([_context.call(input.Context), _user.call(input.User), input.Summary], -1)).unsqueeze(1);
        var item = _dropout.call(cat([_item.call(input.Candidates.narrow(-1, 1, _itemFeatures)), input.Matched], -1));
        var tastes = _userTaste.call(state) * _itemTaste.call(item);
        var hidden = cat([_first.call(state, item).relu(), tastes], -1);
        return _output.call(_dropout.call(_second.call(hidden).relu()));
    }
}

/// <summary>Sizes of a response model.</summary>
public sealed record ResponseNetworkOptions
{
    /// <summary>
    /// Networks whose logits are averaged, 1 or more. What one network makes of its sample's chance, a policy that takes the best of many
    /// candidates would find and be paid for; others of the same sample do not confirm it.
    /// </summary>
    public int Networks { get; init; } = 3;

    /// <summary>Width of the first hidden layer; the second has half of it. 2 or more.</summary>
    public int Hidden { get; init; } = 64;

    /// <summary>Products of a user's and an item's projection, 1 or more.</summary>
    public int Tastes { get; init; } = 16;

    /// <summary>Numbers a category, 1 or more.</summary>
    public int EmbeddingSize { get; init; } = 4;

    /// <summary>Dropout, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Bins of the watch time an engagement, 1 or more.</summary>
    public int WatchBins { get; init; } = 12;
}
