using MTRec.Export;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// Takes a network's weights out of a graph that a network of the same sizes was exported to [ours]: so learning goes on from what serves, without
/// anything beside the bundle. Exporting only rearranges: every element is marked by a number of its own, exported, and found again in the graph.
/// </summary>
public static class GraphWeights
{
    // Marks are -(2^22 + place + 1/2): no constant of a network's own is near, and floats tell as many apart.
    private const int MostElements = 1 << 22;
    private const float FirstMark = MostElements + 0.5f;

    /// <summary>Gives a network the weights of a graph.</summary>
    /// <param name="network">The network.</param>
    /// <param name="export">Exports it, by the names of the graph.</param>
    /// <param name="from">The graph.</param>
    /// <returns>False where the graph is not of such a network, a weight is missing or has another shape; then the network stays as it is.</returns>
    public static bool TryRead(nn.Module network, Func<OnnxGraph> export, OnnxGraph from)
    {
        using var quiet = no_grad();
        using var scope = NewDisposeScope();
        var tensors = network.parameters().Cast<Tensor>().Concat(network.buffers()).Where(tensor => tensor.dtype == ScalarType.Float32).ToArray();
        var own = Array.ConvertAll(tensors, TensorValues.Floats);
        var places = own.Aggregate(new List<int> { 0 }, (starts, values) => [.. starts, starts[^1] + values.Length]);
        if (places[^1] > MostElements)
            return false;
        float[] values = [.. own.SelectMany(part => part)];
        try
        {
            Set(tensors, places, [.. Enumerable.Range(0, values.Length).Select(place => -(FirstMark + place))]);
            return Take(export(), from, values);
        }
        finally
        {
            Set(tensors, places, values);
        }
    }

    // All or nothing: values change where every weight was found.
    private static bool Take(OnnxGraph marked, OnnxGraph from, float[] values)
    {
        var theirs = from.Weights.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        var found = new List<(int Place, float Value)>();
        foreach (var (name, shape, marks) in marked.Weights)
        {
            if (!marks.Any(mark => PlaceOf(mark) is not null))
                continue;
            if (!theirs.TryGetValue(name, out var their) || !their.Shape.SequenceEqual(shape))
                return false;
            for (var i = 0; i < marks.Length; i++)
            {
                if (PlaceOf(marks[i]) is { } place)
                    found.Add((place, their.Values[i]));
            }
        }

        foreach (var (place, value) in found)
            values[place] = value;
        return found.Count > 0;

        int? PlaceOf(float mark) => -mark - FirstMark is >= 0 and var place && place < values.Length && place == MathF.Floor(place) ? (int)place : null;
    }

    private static void Set(Tensor[] tensors, List<int> places, float[] values)
    {
        for (var i = 0; i < tensors.Length; i++)
            tensors[i].copy_(tensor(values[places[i]..places[i + 1]], tensors[i].shape));
    }
}
