using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Export;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Xmtf;

/// <summary>xMTF's fusion: z = sum_k h^O_k(h^I_k(o_k, s)), h^O_k(q) = q (1 + a_k q), a = mu(s).</summary>
/// <param name="cells">h^I. The policy owns them.</param>
/// <param name="actor">mu, over <see cref="FusionFormula.Cells"/>. The policy owns it.</param>
public sealed class XmtfPolicy(FusionCells cells, ActorPolicy actor) : IFusionPolicy
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Name = "xmtf";

    /// <inheritdoc/>
    public string Algorithm => Name;

    /// <summary>The outer functions and what their parameters mean.</summary>
    public FusionActions Actions => actor.Actions;

    /// <summary>h^I.</summary>
    public FusionCells Cells => cells;

    /// <summary>mu.</summary>
    public ActorPolicy Actor => actor;

    /// <summary>The outer functions of some tasks.</summary>
    /// <param name="tasks">Names of the tasks.</param>
    /// <param name="curvature">Largest |a_k|.</param>
    public static FusionActions OuterFunctions(IReadOnlyList<string> tasks, float curvature) => new(
        new FusionSection(
            FusionFormula.Cells, Name, [.. Fuser.ActionNames(FusionFormula.Cells, tasks).Select(name => new ActionDimension(name, -curvature, curvature))]),
        tasks.Count);

    /// <inheritdoc/>
    public Tensor Score(Observation observation) => Score(observation.State, observation.TaskScores!);

    /// <summary>z [B, n] of states [B, S] and task scores [B, n, K], normalised to [0, 1].</summary>
    public Tensor Score(Tensor state, Tensor scores) => Actions.Fuse(actor.Act(state).unsqueeze(1), cells.call(state, scores));

    /// <summary>Ends a graph: cells, outer functions and the outputs that the service reads; each task's contribution is its h^O_k(h^I_k).</summary>
    /// <param name="graph">The graph, with the state in it.</param>
    /// <param name="tasks">The tasks, in score order.</param>
    /// <param name="state">[1, S].</param>
    /// <param name="scores">Task scores [n, K] in the tasks' own units.</param>
    public void End(OnnxGraph graph, IReadOnlyList<TaskDefinition> tasks, OnnxValue state, OnnxValue scores)
    {
        var normalised = FusionGraphs.Normalise(graph, tasks, scores);
        var q = cells.Export(graph, "cells", state, normalised);
        var action = Actions.ToReal(graph, actor.Export(graph, state, null, normalised));
        FusionGraphs.End(graph, q * ((action * q) + 1), tasks.Count, action, Actions.Width, actionPerCandidate: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        cells.Dispose();
        actor.Dispose();
    }
}
