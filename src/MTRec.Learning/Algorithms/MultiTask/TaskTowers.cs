using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>One tower a task, of one hidden layer, all as batched products: [T, B, in] to [T, B].</summary>
internal sealed class TaskTowers : nn.Module<Tensor, Tensor>
{
    private readonly BatchedLinear _hidden;
    private readonly Parameter _output;
    private readonly Parameter _outputBias;

    /// <summary>Makes the towers.</summary>
    /// <param name="inputs">Width of a task's input.</param>
    /// <param name="width">Width of the hidden layer.</param>
    /// <param name="logits">Where each task's output starts [T].</param>
    public TaskTowers(int inputs, int width, float[] logits)
        : base(nameof(TaskTowers))
    {
        _hidden = new BatchedLinear(logits.Length, inputs, width);
        _output = nn.Parameter(randn(logits.Length, width, 1) * 0.1);
        _outputBias = nn.Parameter(tensor(logits, logits.Length, 1, 1));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => (_hidden.call(input).relu().matmul(_output) + _outputBias).squeeze(-1);

    /// <summary>The same in a graph.</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue x)
    {
        var hidden = graph.Relu(_hidden.Export(graph, $"{name}.hidden", x));
        var outputs = graph.MatMul(hidden, graph.Initializer($"{name}.output", _output)) + graph.Initializer($"{name}.outputBias", _outputBias);
        return graph.Squeeze(outputs, 2);
    }
}
