using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;

namespace MTRec.Export;

/// <summary>The fusion formulas as graphs; <see cref="Fuser"/> is the same arithmetic outside of one.</summary>
public static class FusionGraphs
{
    /// <summary>A policy that acts alike on every request: the graph of <see cref="BundleLayout.Policy"/>.</summary>
    /// <param name="tasks">The tasks, in score order.</param>
    /// <param name="fusion">The formula.</param>
    /// <param name="action">The action [A] in real units, laid out as <paramref name="fusion"/> names it, within its ranges.</param>
    /// <exception cref="ArgumentException">The action does not fit.</exception>
    public static OnnxGraph FixedPolicy(IReadOnlyList<TaskDefinition> tasks, FusionSection fusion, IReadOnlyList<float> action)
    {
        if (action.Count != fusion.Action.Count)
            throw new ArgumentException($"The action has {fusion.Action.Count} dimensions, not {action.Count}.", nameof(action));
        foreach (var (dimension, value) in fusion.Action.Zip(action))
        {
            if (!(value >= dimension.Min && value <= dimension.Max))
                throw new ArgumentException($"'{dimension.Name}' is {value}, outside [{dimension.Min}, {dimension.Max}].", nameof(action));
        }

        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, GraphContract.Candidates, tasks.Count);
        Fuse(graph, tasks, fusion, scores, graph.Initializer("fixedAction", [.. action], 1, action.Count), actionPerCandidate: false);
        return graph;
    }

    /// <summary>Ends a policy's graph: fuses the scores by an action that the graph computed and declares the policy's three outputs.</summary>
    /// <param name="graph">The graph to end.</param>
    /// <param name="tasks">The tasks, in score order.</param>
    /// <param name="fusion">The formula.</param>
    /// <param name="scores">Task scores [n, K], in the tasks' own units.</param>
    /// <param name="action">The action in real units: [1, A] for the request, or [n, A], one a candidate.</param>
    /// <param name="actionPerCandidate">Whether <paramref name="action"/> has a row for each candidate.</param>
    public static void Fuse(
        OnnxGraph graph,
        IReadOnlyList<TaskDefinition> tasks,
        FusionSection fusion,
        OnnxValue scores,
        OnnxValue action,
        bool actionPerCandidate)
    {
        var contributions = Contributions(graph, fusion, Normalise(graph, tasks, scores), action, tasks.Count);
        End(graph, contributions, tasks.Count, action, fusion.Action.Count, actionPerCandidate);
    }

    /// <summary>
    /// Ends the graph of a policy that makes each task's contribution in a way of its own, such as <see cref="FusionFormula.Cells"/>: sums them up
    /// and declares the policy's three outputs.
    /// </summary>
    /// <param name="graph">The graph to end.</param>
    /// <param name="contributions">[n, K].</param>
    /// <param name="tasks">K.</param>
    /// <param name="action">The action in real units: [1, A] for the request, or [n, A], one a candidate.</param>
    /// <param name="width">A.</param>
    /// <param name="actionPerCandidate">Whether <paramref name="action"/> has a row for each candidate.</param>
    public static void End(OnnxGraph graph, OnnxValue contributions, int tasks, OnnxValue action, int width, bool actionPerCandidate)
    {
        graph.Output(BundleLayout.ActionOutput, action, actionPerCandidate ? GraphContract.Candidates : 1, width);
        graph.Output(BundleLayout.FusionScoreOutput, Sum(graph, contributions, tasks), GraphContract.Candidates);
        graph.Output(BundleLayout.ContributionsOutput, contributions, GraphContract.Candidates, tasks);
    }

    /// <summary>Task scores [n, K] on [0, 1], as <see cref="TaskDefinition.Normalise"/>.</summary>
    public static OnnxValue Normalise(OnnxGraph graph, IReadOnlyList<TaskDefinition> tasks, OnnxValue scores)
    {
        // Where all have one range, as probabilities do, numbers do for rows: the runtime takes a number to the whole tensor at once, a row to one row after the other.
        if (tasks.All(task => task.Min == tasks[0].Min && task.Max == tasks[0].Max))
        {
            var (low, high) = (tasks[0].Min, tasks[0].Max);
            var clipped = graph.Clip(scores, low, high);
            return (low, high) == (0, 1) ? clipped : (clipped - graph.Scalar(low)) / graph.Scalar(high - low);
        }

        var min = graph.Constant([.. tasks.Select(task => task.Min)], tasks.Count);
        var max = graph.Constant([.. tasks.Select(task => task.Max)], tasks.Count);
        var range = graph.Constant([.. tasks.Select(task => task.Max - task.Min)], tasks.Count);
        return (graph.Min(graph.Max(scores, min), max) - min) / range;
    }

    // As a product with ones: ReduceSum rounds a row by its place among the rows, and a candidate's score must not depend on its neighbours.
    private static OnnxValue Sum(OnnxGraph graph, OnnxValue contributions, int tasks) =>
        graph.Squeeze(graph.MatMul(contributions, graph.Constant([.. Enumerable.Repeat(1f, tasks)], tasks, 1)), 1);

    private static OnnxValue Contributions(OnnxGraph graph, FusionSection fusion, OnnxValue scores, OnnxValue action, int tasks)
    {
        switch (fusion.Formula)
        {
            case FusionFormula.WeightedSum:
                return action * scores;
            case FusionFormula.LogSum:
                var priors = fusion.Priors ?? throw new ArgumentException("The log-sum needs priors.", nameof(fusion));
                return action * Log(graph, scores + graph.Constant([.. priors], tasks));
            case FusionFormula.PowerProduct:
                return graph.Slice(action, 1, 0, tasks) * Log(graph, scores + graph.Slice(action, 1, tasks));
            default:
                throw new ArgumentOutOfRangeException(nameof(fusion));
        }
    }

    private static OnnxValue Log(OnnxGraph graph, OnnxValue x) => graph.Log(graph.Max(x, graph.Scalar(Fuser.Floor)));
}
