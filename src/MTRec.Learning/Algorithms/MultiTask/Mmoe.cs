using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// Multi-gate mixture of experts (Ma et al., KDD 2018): y_k = h_k(sum_e g_k(x)_e f_e(x)) with g_k = softmax(W_k x) (Eq 5 to 7). Experts f are
/// one hidden layer; their and the gates' weights are one matrix, so that the user half of x is multiplied once a request. Towers h are
/// batched over the tasks.
/// </summary>
public sealed class Mmoe : TaskExperts
{
    private readonly int _tasks;
    private readonly int _experts;
    private readonly int _width;
    private readonly SplitLinear _first;
    private readonly SliceDropout _dropout;
    private readonly Parameter _towerIn;
    private readonly Parameter _towerInBias;
    private readonly Parameter _towerOut;
    private readonly Parameter _towerOutBias;

    /// <summary>Makes the experts, gates and towers.</summary>
    /// <param name="userWidth">Columns of the user half.</param>
    /// <param name="itemWidth">Columns of the item half.</param>
    /// <param name="logits">Where each task's output starts [K]: the logit of its mean.</param>
    /// <param name="options">Sizes.</param>
    public Mmoe(int userWidth, int itemWidth, float[] logits, MmoeOptions options)
        : base(nameof(Mmoe))
    {
        _tasks = logits.Length;
        _experts = options.Experts;
        _width = options.ExpertWidth;
        _first = new SplitLinear(userWidth, itemWidth, (_experts * _width) + (_tasks * _experts));
        _dropout = new SliceDropout(options.Dropout);
        _towerIn = nn.Parameter(randn(_tasks, _width, options.TowerWidth) * Math.Sqrt(2.0 / _width));
        _towerInBias = nn.Parameter(zeros(_tasks, 1, options.TowerWidth));
        _towerOut = nn.Parameter(randn(_tasks, options.TowerWidth, 1) * 0.1);
        _towerOutBias = nn.Parameter(tensor(logits, _tasks, 1, 1));
        RegisterComponents();
    }

    /// <summary>Logits [B, K]; the number of impressions is not looked at.</summary>
    public override Tensor forward(BackboneHalves halves, Tensor impressions)
    {
        var first = _first.call(halves.User, halves.Item);
        var experts = _dropout.call(first.narrow(1, 0, _experts * _width).relu()).reshape(-1, _experts, _width);
        var gates = first.narrow(1, _experts * _width, _tasks * _experts).reshape(-1, _tasks, _experts).softmax(-1);
        var mixed = gates.matmul(experts).transpose(0, 1);
        var towers = (mixed.matmul(_towerIn) + _towerInBias).relu().matmul(_towerOut) + _towerOutBias;
        return towers.squeeze(-1).transpose(0, 1);
    }

    /// <inheritdoc/>
    public override OnnxValue Export(OnnxGraph graph, string name, OnnxValue user, OnnxValue item)
    {
        var first = _first.Export(graph, $"{name}.first", user, item);
        var experts = graph.Reshape(graph.Relu(graph.Slice(first, 1, 0, _experts * _width)), -1, _experts, _width);
        var gates = graph.Softmax(graph.Reshape(graph.Slice(first, 1, _experts * _width), -1, _tasks, _experts), -1);
        var mixed = graph.Transpose(graph.MatMul(gates, experts), 1, 0, 2);
        var towers = graph.MatMul(mixed, graph.Initializer($"{name}.towerIn", _towerIn)) + graph.Initializer($"{name}.towerInBias", _towerInBias);
        towers = graph.MatMul(graph.Relu(towers), graph.Initializer($"{name}.towerOut", _towerOut));
        towers += graph.Initializer($"{name}.towerOutBias", _towerOutBias);
        return graph.Transpose(graph.Squeeze(towers, 2), 1, 0);
    }
}
