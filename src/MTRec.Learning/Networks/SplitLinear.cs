using MTRec.Export;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// A linear layer on (user half, item half), as the sum of two: W_u u + W_i i + b. In a request the user half is one row, computed once and
/// broadcast over the candidates.
/// </summary>
public sealed class SplitLinear : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Linear _user;
    private readonly Linear _item;

    /// <summary>Makes a layer.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="outputs">Columns of the result.</param>
    public SplitLinear(int userWidth, int itemWidth, int outputs)
        : base(nameof(SplitLinear))
    {
        _user = nn.Linear(userWidth, outputs);
        _item = nn.Linear(itemWidth, outputs, hasBias: false);
        RegisterComponents();
    }

    /// <summary>[B or 1, user], [B, item] -> [B, outputs].</summary>
    public override Tensor forward(Tensor user, Tensor item) => _user.call(user) + _item.call(item);

    /// <summary>The same in a graph: [1, user], [N, item] -> [N, outputs].</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item) =>
        graph.Linear($"{name}.user", user, _user) + graph.Linear($"{name}.item", item, _item);
}
