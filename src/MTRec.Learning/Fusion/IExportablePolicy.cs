using MTRec.Core.Tasks;
using MTRec.Export;

namespace MTRec.Learning.Fusion;

/// <summary>An action policy that can be written as a graph, to be served.</summary>
public interface IExportablePolicy : IActionPolicy
{
    /// <summary>The action in a graph: what <see cref="IActionPolicy.Act"/> is on tensors.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="state">[1, S], as the environment normalised it.</param>
    /// <param name="items">Candidates' features [n, F]; null where the policy is not <see cref="IActionPolicy.PerCandidate"/>.</param>
    /// <param name="scores">Task scores [n, K], normalised to [0, 1].</param>
    /// <returns>[1, A], or [n, A] where <see cref="IActionPolicy.PerCandidate"/>; each dimension in [-1, 1].</returns>
    OnnxValue Export(OnnxGraph graph, OnnxValue state, OnnxValue? items, OnnxValue scores);
}

/// <summary>Ends the graph of a policy.</summary>
public static class PolicyGraph
{
    /// <summary>Adds the policy's action, the formula and the outputs that the service reads.</summary>
    /// <param name="graph">The graph, with the state in it.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="tasks">The tasks, in score order.</param>
    /// <param name="state">[1, S].</param>
    /// <param name="items">[n, F]; null where the policy is not per candidate.</param>
    /// <param name="scores">Task scores [n, K] in the tasks' own units.</param>
    public static void End(
        OnnxGraph graph, IExportablePolicy policy, IReadOnlyList<TaskDefinition> tasks, OnnxValue state, OnnxValue? items, OnnxValue scores)
    {
        var action = policy.Export(graph, state, items, FusionGraphs.Normalise(graph, tasks, scores));
        FusionGraphs.Fuse(graph, tasks, policy.Actions.Fusion, scores, policy.Actions.ToReal(graph, action), policy.PerCandidate);
    }
}
