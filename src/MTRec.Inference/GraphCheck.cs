using MTRec.Core.Bundles;

namespace MTRec.Inference;

/// <summary>Compares the inputs and outputs that a graph declares with its manifest and with what the features imply.</summary>
internal static class GraphCheck
{
    /// <summary>Every difference, each naming the graph's file; none where the graph fits.</summary>
    public static IEnumerable<string> Run(GraphSession graph, BundleFile described, GraphContract contract)
    {
        var allowed = contract.Inputs(graph.File);
        foreach (var input in graph.Inputs)
        {
            if (allowed.FirstOrDefault(tensor => tensor.Name == input.Name) is not { } expected)
                yield return $"{graph.File}: it reads '{input.Name}'; the bundle offers {string.Join(", ", allowed.Select(tensor => tensor.Name))}.";
            else if (!Same(input, expected))
                yield return $"{graph.File}: its input is {Text(input)}, the features ask for {Text(expected)}.";
        }

        foreach (var expected in contract.Outputs(graph.File))
        {
            if (graph.Outputs.FirstOrDefault(tensor => tensor.Name == expected.Name) is not { } output)
                yield return $"{graph.File}: the output '{expected.Name}' is missing.";
            else if (!Same(output, expected) && !(output.Name == BundleLayout.ActionOutput && Same(output, expected with { Shape = [1, expected.Shape[1]] })))
                yield return $"{graph.File}: its output is {Text(output)}, the manifest asks for {Text(expected)}.";
        }

        foreach (var output in graph.Outputs.Where(output => contract.Outputs(graph.File).All(expected => expected.Name != output.Name)))
            yield return $"{graph.File}: the output '{output.Name}' is not one of a bundle's.";
        if (!Same(graph.Inputs, described.Inputs))
            yield return $"{graph.File}: its inputs are {Text(graph.Inputs)}, the manifest says {Text(described.Inputs)}.";
        if (!Same(graph.Outputs, described.Outputs))
            yield return $"{graph.File}: its outputs are {Text(graph.Outputs)}, the manifest says {Text(described.Outputs)}.";
    }

    private static bool Same(TensorShape a, TensorShape b) => a.Name == b.Name && a.Type == b.Type && a.Shape.SequenceEqual(b.Shape);

    private static bool Same(IReadOnlyList<TensorShape> a, IReadOnlyList<TensorShape> b) =>
        a.Count == b.Count && a.OrderBy(t => t.Name, StringComparer.Ordinal).Zip(b.OrderBy(t => t.Name, StringComparer.Ordinal)).All(pair => Same(pair.First, pair.Second));

    private static string Text(IEnumerable<TensorShape> tensors) => string.Join(", ", tensors.Select(Text));

    private static string Text(TensorShape tensor) => $"{tensor.Name} {tensor.Type} [{string.Join(", ", tensor.Shape)}]";
}
