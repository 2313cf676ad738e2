using MTRec.Export;
using MTRec.Learning.Networks;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Xmtf;

/// <summary>
/// xMTF's monotonic fusion cells h^I_k(o_k, s), one a task: q_k = sigmoid(d_k x_k + sum_h w_kh relu(u_kh(s) + v_kh x_k) + c_k). x_k is
/// ln(o_k + mean o_k), standardised, so that rare tasks count as much as frequent ones; d_k is 1, or -1 for an objection. They begin as
/// sigmoid(d_k x_k), and only the loss keeps them monotone, as in the paper; the form is ours.
/// </summary>
public sealed class FusionCells : nn.Module<Tensor, Tensor, Tensor>
{
    private const float SmallestScore = 1e-6f;
    private const float Farthest = 5;

    private readonly int _tasks;
    private readonly int _units;
    private readonly Tensor _priors;
    private readonly Tensor _mean;
    private readonly Tensor _scale;
    private readonly Linear _state;
    private readonly Parameter _slopes;
    private readonly Parameter _outputs;
    private readonly Parameter _bias;

    /// <summary>Makes untrained cells.</summary>
    /// <param name="stateWidth">S.</param>
    /// <param name="negative">Whether each task is an objection [K].</param>
    /// <param name="units">Units of a cell.</param>
    /// <param name="scores">Task scores that are typical [rows, K], normalised to [0, 1].</param>
    public FusionCells(int stateWidth, IReadOnlyList<bool> negative, int units, Tensor scores)
        : base(nameof(FusionCells))
    {
        (_tasks, _units) = (negative.Count, units);
        using (NewDisposeScope())
        {
            Directions = tensor([.. negative.Select(objection => objection ? -1f : 1f)]).DetachFromDisposeScope();
            _priors = scores.mean([0L]).clamp_min(SmallestScore).DetachFromDisposeScope();
            var logs = (scores + _priors).log();
            _mean = logs.mean([0L]).DetachFromDisposeScope();
            _scale = (1 / logs.std(0L, unbiased: false).clamp_min(SmallestScore)).DetachFromDisposeScope();
        }

        _state = nn.Linear(stateWidth, _tasks * units);
        _slopes = nn.Parameter(randn(_tasks, units));
        _outputs = nn.Parameter(zeros(_tasks, units));
        _bias = nn.Parameter(zeros(_tasks));
        RegisterComponents();
    }

    /// <summary>d [K].</summary>
    public Tensor Directions { get; }

    /// <summary>[B, S], [B, n, K] normalised to [0, 1] -> q [B, n, K], each in (0, 1).</summary>
    public override Tensor forward(Tensor state, Tensor scores)
    {
        var x = (((scores + _priors).log() - _mean) * _scale).clamp(-Farthest, Farthest);
        var ofState = _state.call(state).reshape(-1, 1, _tasks, _units);
        var units = (ofState + (x.unsqueeze(-1) * _slopes)).relu() * _outputs;
        return (units.sum(-1) + (x * Directions) + _bias).sigmoid();
    }

    /// <summary>The same in a graph: [1, S], [n, K] -> [n, K].</summary>
    public OnnxValue Export(OnnxGraph graph, string name, OnnxValue state, OnnxValue scores)
    {
        var logs = graph.Log(scores + graph.Initializer($"{name}.priors", _priors));
        var x = graph.Clip((logs - graph.Initializer($"{name}.mean", _mean)) * graph.Initializer($"{name}.scale", _scale), -Farthest, Farthest);
        var ofState = graph.Reshape(graph.Linear($"{name}.state", state, _state), 1, _tasks, _units);
        var slopes = graph.Unsqueeze(x, 2) * graph.Initializer($"{name}.slopes", _slopes);
        var units = graph.Relu(ofState + slopes) * graph.Initializer($"{name}.outputs", _outputs);

        // Unit by unit: a reduction rounds a row by its place among the rows, and a candidate's score must not depend on its neighbours.
        var sum = (x * graph.Initializer($"{name}.directions", Directions)) + graph.Initializer($"{name}.bias", _bias);
        for (var unit = 0; unit < _units; unit++)
            sum += graph.Select(units, 2, unit);
        return graph.Sigmoid(sum);
    }
}
