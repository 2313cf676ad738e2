using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Deep interest network (Zhou et al. 2018): v_U(A) = sum_j a(e_j, v_A) e_j (Eq 3), a the activation unit on [e_j, v_A, e_j - v_A, e_j v_A],
/// its weights not normalised; then a perceptron on [v_A, sum e, v_A sum e, v_U(A)] as in the authors' code. The activation is Dice (Eq 5) with
/// its statistics held at 0 and 1 and alpha at 0, which is x sigmoid(x) [ours]. The history's sums are means [ours]: lengths differ much.
/// </summary>
public sealed class Din : nn.Module<SequenceBatch, Tensor>
{
    private readonly ItemEmbedding _items;
    private readonly Sequential _unit;
    private readonly Sequential _deep;

    /// <summary>Makes a network of some outputs.</summary>
    public Din(ItemAttributes attributes, RecommenderOptions options, int outputs)
        : base(nameof(Din))
    {
        _items = new ItemEmbedding(attributes, options.Width, options.Attributes);
        _unit = nn.Sequential(nn.Linear(4 * options.Width, options.Hidden / 2), nn.SiLU(), nn.Linear(options.Hidden / 2, 1));
        _deep = nn.Sequential(
            nn.Linear(4 * options.Width, options.Hidden),
            nn.SiLU(),
            nn.Linear(options.Hidden, options.Hidden / 2),
            nn.SiLU(),
            nn.Linear(options.Hidden / 2, outputs));
        RegisterComponents();
    }

    /// <summary>[B, outputs].</summary>
    public override Tensor forward(SequenceBatch input)
    {
        var candidate = _items.call(input.Candidates);
        var history = _items.call(input.History);
        var present = input.Present;
        var beside = candidate.unsqueeze(1).expand_as(history);
        var weights = _unit.call(cat([history, beside, history - beside, history * beside], -1));
        var mean = HistoryMean.Of(history, present);
        return _deep.call(cat([candidate, mean, candidate * mean, HistoryMean.Of(weights * history, present)], 1));
    }
}

/// <summary><see cref="Din"/> as a recommender.</summary>
public sealed class DinRecommender : SequenceRecommender
{
    private readonly Din _network;

    /// <summary>Makes a network.</summary>
    public DinRecommender(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(DinRecommender))
    {
        _network = new Din(attributes, options, outputs: 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch) => new(_network.call(batch).squeeze(1));
}
