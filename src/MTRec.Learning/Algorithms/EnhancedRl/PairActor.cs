using MTRec.Export;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.EnhancedRl;

/// <summary>
/// The actor's network, like PLE (Tang et al., RecSys 2020), as a note on the paper has it: experts that all tasks share and one of each task's own; a
/// gate a task mixes them; a tower a task gives the dimensions of the action that belong to it. The user half of the first layer is
/// computed once a request.
/// </summary>
internal sealed class PairActor : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly int _tasks;
    private readonly int _shared;
    private readonly int _width;
    private readonly int _dimensions;
    private readonly SplitLinear _first;
    private readonly Parameter _tower;
    private readonly Parameter _towerBias;

    /// <summary>Makes a network.</summary>
    /// <param name="stateWidth">Columns of the user half.</param>
    /// <param name="pairWidth">Columns of the item half: features and task scores.</param>
    /// <param name="tasks">K.</param>
    /// <param name="dimensions">Dimensions of the action that a task has: 2 of the power-product, else 1.</param>
    /// <param name="options">Sizes.</param>
    public PairActor(int stateWidth, int pairWidth, int tasks, int dimensions, EnhancedRlOptions options)
        : base(nameof(PairActor))
    {
        (_tasks, _shared, _width, _dimensions) = (tasks, options.SharedExperts, options.ExpertWidth, dimensions);
        _first = new SplitLinear(stateWidth, pairWidth, ((_shared + tasks) * _width) + (tasks * (_shared + 1)));
        _tower = nn.Parameter(randn(tasks, _width, dimensions) / Math.Sqrt(_width));
        _towerBias = nn.Parameter(zeros(tasks, 1, dimensions));
        RegisterComponents();
    }

    /// <summary>Begins near an action [A], alike for all pairs.</summary>
    public void StartAt(Tensor action)
    {
        using var scope = NewDisposeScope();
        ActorStart.At(_tower, _towerBias, action.reshape(_dimensions, _tasks).transpose(0, 1).reshape(-1));
    }

    /// <summary>[b, 1, S], [b, n, F + K] -> the action [b, n, A].</summary>
    public override Tensor forward(Tensor state, Tensor pair)
    {
        long[] rows = [pair.shape[0], pair.shape[1]];
        var first = _first.call(state, pair);
        var shared = first.narrow(-1, 0, _shared * _width).relu().reshape([.. rows, 1, _shared, _width]).expand(-1, -1, _tasks, -1, -1);
        var own = first.narrow(-1, _shared * _width, _tasks * _width).relu().reshape([.. rows, _tasks, 1, _width]);
        var gates = first.narrow(-1, (_shared + _tasks) * _width, _tasks * (_shared + 1)).reshape([.. rows, _tasks, 1, _shared + 1]).softmax(-1);
        var mixed = gates.matmul(cat([shared, own], 3));
        var towers = (mixed.matmul(_tower) + _towerBias).squeeze(3).tanh();
        return towers.transpose(2, 3).reshape([.. rows, _dimensions * _tasks]);
    }

    /// <summary>The same in a graph: [1, S], [n, F + K] -> [n, A].</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue state, OnnxValue pair)
    {
        var first = _first.Export(graph, $"{name}.first", state, pair);
        var experts = graph.Relu(graph.Slice(first, 1, 0, (_shared + _tasks) * _width));
        var own = graph.Reshape(graph.Slice(experts, 1, _shared * _width), -1, _tasks, 1, _width);
        var shared = graph.Reshape(graph.Slice(experts, 1, 0, _shared * _width), -1, 1, _shared, _width);
        shared = graph.Concat(1, [.. Enumerable.Repeat(shared, _tasks)]);
        var gates = graph.Softmax(graph.Reshape(graph.Slice(first, 1, (_shared + _tasks) * _width), -1, _tasks, 1, _shared + 1), -1);
        var mixed = graph.MatMul(gates, graph.Concat(2, shared, own));
        var towers = graph.MatMul(mixed, graph.Initializer($"{name}.tower", _tower)) + graph.Initializer($"{name}.towerBias", _towerBias);
        return graph.Reshape(graph.Transpose(graph.Squeeze(graph.Tanh(towers), 2), 0, 2, 1), -1, _dimensions * _tasks);
    }
}
