using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Export;
using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>The fusion formulas over tensors, and the map between an action's real units and [-1, 1]. <see cref="Fuser"/> is the same for one candidate.</summary>
public sealed class FusionActions
{
    private readonly float[] _middle;
    private readonly float[] _reach;
    private readonly float[] _priors;

    /// <summary>Reads a formula.</summary>
    /// <param name="fusion">The formula, its action's real ranges and its priors.</param>
    /// <param name="tasks">K.</param>
    /// <exception cref="ArgumentException">The action's dimensions or the priors do not fit the tasks.</exception>
    public FusionActions(FusionSection fusion, int tasks)
    {
        var width = fusion.Formula == FusionFormula.PowerProduct ? 2 * tasks : tasks;
        if (fusion.Action.Count != width || (fusion.Formula == FusionFormula.LogSum && fusion.Priors?.Count != tasks))
            throw new ArgumentException($"{tasks} tasks do not fit an action of {fusion.Action.Count} dimensions and {fusion.Priors?.Count ?? 0} priors.", nameof(fusion));
        Fusion = fusion;
        Tasks = tasks;
        _middle = [.. fusion.Action.Select(dimension => (dimension.Max + dimension.Min) / 2)];
        _reach = [.. fusion.Action.Select(dimension => (dimension.Max - dimension.Min) / 2)];
        _priors = [.. fusion.Priors ?? []];
    }

    /// <summary>The formula and its action's real ranges.</summary>
    public FusionSection Fusion { get; }

    /// <summary>K.</summary>
    public int Tasks { get; }

    /// <summary>A.</summary>
    public int Width => _middle.Length;

    /// <summary>Real units of an action whose dimensions are in [-1, 1]; any shape that ends in A.</summary>
    public Tensor ToReal(Tensor action) => (action.clamp(-1, 1) * tensor(_reach)) + tensor(_middle);

    /// <summary>The same in a graph; rows of A columns.</summary>
    public OnnxValue ToReal(OnnxGraph graph, OnnxValue action) =>
        (graph.Clip(action, -1, 1) * graph.Constant(_reach, Width)) + graph.Constant(_middle, Width);

    /// <summary>The inverse of <see cref="ToReal(Tensor)"/>; a dimension whose range is one point maps to 0.</summary>
    public float[] FromReal(IReadOnlyList<float> real) =>
        [.. real.Select((value, i) => _reach[i] > 0 ? Math.Clamp((value - _middle[i]) / _reach[i], -1, 1) : 0)];

    /// <summary>f [B, n].</summary>
    /// <param name="action">[B, 1, A] or [B, n, A], each dimension in [-1, 1].</param>
    /// <param name="scores">Task scores [B, n, K], normalised to [0, 1]; of <see cref="FusionFormula.Cells"/> the cells' outputs.</param>
    public Tensor Fuse(Tensor action, Tensor scores)
    {
        var real = ToReal(action);
        var contributions = Fusion.Formula switch
        {
            FusionFormula.WeightedSum => real * scores,
            FusionFormula.LogSum => real * (scores + tensor(_priors)).clamp_min(Fuser.Floor).log(),
            FusionFormula.PowerProduct => real.narrow(-1, 0, Tasks) * (scores + real.narrow(-1, Tasks, Tasks)).clamp_min(Fuser.Floor).log(),
            FusionFormula.Cells => scores * ((real * scores) + 1),
            _ => throw new InvalidOperationException($"{Fusion.Formula} is no formula."),
        };
        return contributions.sum(-1);
    }
}
