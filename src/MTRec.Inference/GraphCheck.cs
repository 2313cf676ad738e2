using MTRec.Core.Bundles;

namespace MTRec.Inference;

/// <summary>Compares the inputs and outputs that a graph declares with its manifest and with what the features imply.</summary>
internal static class GraphCheck
{
    /// <summary>Every difference, each naming the graph's file; none where the graph fits.</summary>
    public static IEnumerable<string> Run(GraphSession graph, BundleFile described, GraphContract contract)
    {
        foreach (var difference in contract.Differences(graph.File, graph.Inputs, graph.Outputs))
            yield return $"{graph.File}: {difference}";
        if (!Same(graph.Inputs, described.Inputs))
            yield return $"{graph.File}: its inputs are {Text(graph.Inputs)}; the manifest says {Text(described.Inputs)}.";
        if (!Same(graph.Outputs, described.Outputs))
            yield return $"{graph.File}: its outputs are {Text(graph.Outputs)}; the manifest says {Text(described.Outputs)}.";
    }

    private static bool Same(IReadOnlyList<TensorShape> a, IReadOnlyList<TensorShape> b) =>
        a.Count == b.Count && a.All(tensor => b.Any(tensor.Matches));

    private static string Text(IEnumerable<TensorShape> tensors) => string.Join(", ", tensors);
}
