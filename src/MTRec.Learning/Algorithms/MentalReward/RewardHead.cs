using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// Predicts the quantiles [B, N] of r(s, positive) before s' is known. The first is free, each next one adds a softplus: they cannot fall. Calibration keeps that.
/// </summary>
public sealed class RewardHead : nn.Module<BackboneHalves, Tensor>
{
    // Its name in graphs.
    internal const string GraphName = "reward";

    private readonly SplitLinear _first;
    private readonly Linear _last;
    private readonly Tensor _mean;
    private readonly Tensor _deviation;
    private readonly Tensor _calibration;

    /// <summary>Makes a head.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="width">Width of the hidden layer.</param>
    /// <param name="quantiles">N.</param>
    /// <param name="mean">Mean of the rewards to predict.</param>
    /// <param name="deviation">Their standard deviation, above 0.</param>
    public RewardHead(int userWidth, int itemWidth, int width, int quantiles, float mean, float deviation)
        : base(nameof(RewardHead))
    {
        _first = new SplitLinear(userWidth, itemWidth, width);
        _last = nn.Linear(width, quantiles);
        _mean = tensor([mean]);
        _deviation = tensor([deviation]);
        _calibration = eye(quantiles);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(BackboneHalves input)
    {
        var outputs = _last.call(_first.call(input.User, input.Item).relu());
        var steps = cat([outputs.narrow(1, 0, 1), outputs.narrow(1, 1, outputs.shape[1] - 1).softplus()], 1);
        return ((steps.cumsum(1) * _deviation) + _mean).matmul(_calibration);
    }

    /// <summary>Takes over the weights, and the scale of the rewards, of a graph of <see cref="MentalRewardModel"/>. Its calibration is not: it was of those weights.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <returns>False where it has other sizes.</returns>
    public bool TryGoOn(OnnxGraph graph, int userWidth, int itemWidth)
    {
        if (!GraphWeights.TryRead(this, Own, graph))
            return false;
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        _calibration.copy_(eye(_calibration.shape[0]));
        return true;

        OnnxGraph Own()
        {
            var own = new OnnxGraph(nameof(RewardHead));
            Export(own, GraphName, own.Input("user", 1, userWidth), own.Input("item", GraphContract.Candidates, itemWidth));
            return own;
        }
    }

    /// <summary>Sets what <see cref="QuantileCalibration.Matrix"/> gave; none at first.</summary>
    public void Calibrate(float[] matrix)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        _calibration.copy_(tensor(matrix, _calibration.shape[0], _calibration.shape[1]));
    }

    /// <summary>The same in a graph: [N, quantiles].</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item)
    {
        var outputs = graph.Linear($"{name}.last", graph.Relu(_first.Export(graph, $"{name}.first", user, item)), _last);
        var steps = graph.Concat(1, graph.Slice(outputs, 1, 0, 1), graph.Softplus(graph.Slice(outputs, 1, 1)));
        var quantiles = (graph.CumSum(steps, 1) * graph.Initializer($"{name}.deviation", _deviation)) + graph.Initializer($"{name}.mean", _mean);
        return graph.MatMul(quantiles, graph.Initializer($"{name}.calibration", _calibration));
    }
}
