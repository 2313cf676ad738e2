using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Tasks;
using MTRec.Export;
using MTRec.Learning.Algorithms.Xmtf;
using MTRec.Learning.Fusion;

namespace MTRec.Trainer.Training;

/// <summary>A learned policy as the graph of <see cref="BundleLayout.Policy"/>: the service's inputs, the state made of them, the policy.</summary>
/// <param name="manifest">The bundle's tasks and features.</param>
/// <param name="state">What the policy was trained to see.</param>
/// <param name="schema">The schema that <paramref name="state"/> was made for.</param>
internal sealed class ServedPolicy(BundleManifest manifest, FusionState state, FeatureSchema schema)
{
    private readonly FeatureTranslation _translation = new(manifest.Schema(), schema);

    /// <summary>Writes the graph.</summary>
    /// <exception cref="ArgumentException">The policy cannot be written as a graph.</exception>
    public OnnxGraph Graph(IFusionPolicy policy)
    {
        if (policy is ConstantPolicy constant)
            return FusionGraphs.FixedPolicy(manifest.Tasks, constant.Actions.Fusion, Real(constant));

        var graph = new OnnxGraph("policy");
        var contract = new GraphContract(manifest).Inputs(BundleLayout.Policy).ToDictionary(input => input.Name, StringComparer.Ordinal);
        var history = _translation.History(graph, graph.Input(contract[BundleLayout.HistoryInput]));
        var seen = state.ExportState(
            graph,
            "state",
            Given(BundleLayout.ContextInput) is { } context ? _translation.Context(graph, context) : null,
            Given(BundleLayout.UserInput) is { } user ? _translation.User(graph, user) : null,
            history);
        IReadOnlyList<TaskDefinition> tasks = manifest.Tasks;
        var scores = graph.Input(contract[BundleLayout.Scores]);
        switch (policy)
        {
            case XmtfPolicy cells:
                cells.End(graph, tasks, seen, scores);
                break;
            case IExportablePolicy action:
                var items = action.PerCandidate
                    ? state.ExportCandidates(graph, "items", _translation.Candidates(graph, graph.Input(contract[BundleLayout.CandidatesInput])), history)
                    : null;
                PolicyGraph.End(graph, action, tasks, seen, items, scores);
                break;
            default:
                throw new ArgumentException($"'{policy.Algorithm}' cannot be written as a graph.", nameof(policy));
        }

        return graph;

        // A bundle without user features has no such input.
        OnnxValue? Given(string input) => contract.TryGetValue(input, out var known) ? graph.Input(known) : null;
    }

    // What rounding left outside of its range would be refused.
    private static float[] Real(ConstantPolicy policy)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var real = policy.Actions.ToReal(TorchSharp.torch.tensor([.. policy.Action])).data<float>().ToArray();
        return [.. real.Zip(policy.Actions.Fusion.Action, (value, dimension) => Math.Clamp(value, dimension.Min, dimension.Max))];
    }
}
