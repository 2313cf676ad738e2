namespace MTRec.Export;

/// <summary>A tensor inside an <see cref="OnnxGraph"/>: an input, a constant or a node's output.</summary>
public sealed class OnnxValue
{
    internal OnnxValue(OnnxGraph graph, string name, OnnxType type)
    {
        Graph = graph;
        Name = name;
        Type = type;
    }

    /// <summary>Its name in the graph.</summary>
    public string Name { get; }

    /// <summary>The type of its elements.</summary>
    public OnnxType Type { get; }

    internal OnnxGraph Graph { get; }

    /// <summary>Element-wise sum; see <see cref="OnnxGraph.Add"/>.</summary>
    public static OnnxValue operator +(OnnxValue left, OnnxValue right) => left.Graph.Add(left, right);

    /// <summary>Element-wise difference; see <see cref="OnnxGraph.Sub"/>.</summary>
    public static OnnxValue operator -(OnnxValue left, OnnxValue right) => left.Graph.Sub(left, right);

    /// <summary>Element-wise product; see <see cref="OnnxGraph.Mul"/>.</summary>
    public static OnnxValue operator *(OnnxValue left, OnnxValue right) => left.Graph.Mul(left, right);

    /// <summary>Element-wise quotient; see <see cref="OnnxGraph.Div"/>.</summary>
    public static OnnxValue operator /(OnnxValue left, OnnxValue right) => left.Graph.Div(left, right);

    /// <summary>Adds a number to each element.</summary>
    public static OnnxValue operator +(OnnxValue left, float right) => left + left.Graph.Scalar(right);

    /// <summary>Subtracts a number from each element.</summary>
    public static OnnxValue operator -(OnnxValue left, float right) => left - left.Graph.Scalar(right);

    /// <summary>Multiplies each element by a number.</summary>
    public static OnnxValue operator *(OnnxValue left, float right) => left * left.Graph.Scalar(right);

    /// <summary>Divides each element by a number.</summary>
    public static OnnxValue operator /(OnnxValue left, float right) => left / left.Graph.Scalar(right);
}
