using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// The head of |A| x N quantiles lambda_i(s, a) on a backbone's halves: [B, 2, N] for skip and positive. With several choices in one impression
/// (<see cref="SequentialChoices"/>) [B, 2 choices, N]: those of the first choice, then those of the second ...
/// </summary>
public sealed class QuantileQNetwork : nn.Module<BackboneHalves, Tensor>
{
    /// <summary>The actions: skip, positive.</summary>
    public const int Actions = 2;

    private readonly int _choices;
    private readonly int _quantiles;
    private readonly SplitLinear _first;
    private readonly Linear _last;

    /// <summary>Makes a head.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="width">Width of the hidden layer.</param>
    /// <param name="quantiles">N.</param>
    /// <param name="choices">Choices in an impression.</param>
    public QuantileQNetwork(int userWidth, int itemWidth, int width, int quantiles, int choices = 1)
        : base(nameof(QuantileQNetwork))
    {
        _choices = choices;
        _quantiles = quantiles;
        _first = new SplitLinear(userWidth, itemWidth, width);
        _last = nn.Linear(width, choices * Actions * quantiles);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(BackboneHalves input) =>
        _last.call(_first.call(input.User, input.Item).relu()).reshape(-1, _choices * Actions, _quantiles);

    /// <summary>Q(s, a) [N, 2] of the first choice in a graph.</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item)
    {
        var hidden = graph.Relu(_first.Export(graph, $"{name}.first", user, item));
        var quantiles = graph.Reshape(graph.Linear($"{name}.last", hidden, _last), -1, _choices * Actions, _quantiles);
        var q = graph.ReduceMean(quantiles, 2);
        return _choices == 1 ? q : graph.Slice(q, 1, 0, Actions);
    }
}
