using MTRec.Core.Features;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>
/// The upstream model: shared hidden layers over context, user and item, without the session's history, one logit a task. As in production it
/// knows less of the moment than the user does.
/// </summary>
internal sealed class UpstreamNetwork : nn.Module<FeatureBatch, Tensor>
{
    private readonly FeatureEncoder _context;
    private readonly FeatureEncoder _user;
    private readonly ItemEncoder _item;
    private readonly Linear _userHalf;
    private readonly Linear _itemHalf;
    private readonly Linear _second;
    private readonly Linear _output;
    private readonly Dropout _dropout;

    public UpstreamNetwork(FeatureSchema schema, BackboneStatistics statistics, int items, IReadOnlyList<float> means, UpstreamOptions options)
        : base(nameof(UpstreamNetwork))
    {
        var backbone = new BackboneOptions { ItemDropout = options.ItemDropout };
        _context = new FeatureEncoder(schema.Context, statistics.Context, backbone.EmbeddingSize);
        _user = new FeatureEncoder(schema.User, statistics.User, backbone.EmbeddingSize);
        _item = new ItemEncoder(schema.Item, statistics.Item, items, backbone);
        _userHalf = nn.Linear(_context.Width + _user.Width, options.Hidden);
        _itemHalf = nn.Linear(_item.Width, options.Hidden, hasBias: false);
        _second = nn.Linear(options.Hidden, options.Hidden / 2);
        _output = nn.Linear(options.Hidden / 2, means.Count);
        _dropout = nn.Dropout(options.Dropout);
        using (no_grad())
        using (NewDisposeScope())
        {
            nn.init.normal_(_output.weight!, 0, 0.02);
            _output.bias!.copy_(tensor([.. means.Select(mean => MathF.Log(mean / (1 - mean)))]));
        }

        RegisterComponents();
    }

    /// <summary>Logits [B, K].</summary>
    public override Tensor forward(FeatureBatch input) => Logits(UserHalf(input.Context, input.User), ItemHalf(input.Candidates));

    /// <summary>What the first layer makes of context and user [B, hidden].</summary>
    public Tensor UserHalf(Tensor context, Tensor user) => _userHalf.call(_dropout.call(cat([_context.call(context), _user.call(user)], -1)));

    /// <summary>What the first layer makes of items [.., hidden]: the same whoever asks.</summary>
    public Tensor ItemHalf(Tensor items) => _itemHalf.call(_dropout.call(_item.call(items)));

    /// <summary>Logits [.., K].</summary>
    public Tensor Logits(Tensor userHalf, Tensor itemHalf) =>
        _output.call(_dropout.call(_second.call((userHalf + itemHalf).relu_()).relu_()));
}

/// <summary>Sizes of the upstream model.</summary>
public sealed record UpstreamOptions
{
    /// <summary>Width of the first hidden layer; the second has half of it. 2 or more.</summary>
    public int Hidden { get; init; } = 48;

    /// <summary>Share of items whose identity is hidden in training, in [0, 1].</summary>
    public double ItemDropout { get; init; } = 0.5;

    /// <summary>Dropout, in [0, 1).</summary>
    public double Dropout { get; init; } = 0.1;
}
