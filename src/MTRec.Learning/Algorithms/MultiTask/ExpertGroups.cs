using MTRec.Export;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// Who may use which expert in customised gate control (CGC; Tang et al., RecSys 2020): each of T tasks has experts of its own, and all share
/// some. The experts stand in T + 1 groups of equal size, the shared one last. A task's gate chooses among its own and the shared experts
/// (Eq 1, 2); the shared gate, which only levels below the last have, among all (Eq 5).
/// </summary>
/// <param name="Tasks">T, 1 or more.</param>
/// <param name="Each">Experts of a group, 1 or more.</param>
/// <param name="Width">Width of an expert, 1 or more.</param>
/// <param name="SharedGate">Whether there is a shared gate.</param>
internal sealed record ExpertGroups(int Tasks, int Each, int Width, bool SharedGate)
{
    // The softmax makes exactly 0 of it.
    private const float Forbidden = -1e9f;

    /// <summary>E, the experts of all groups.</summary>
    public int Experts => (Tasks + 1) * Each;

    /// <summary>O, the gates, which are the level's outputs.</summary>
    public int Gates => SharedGate ? Tasks + 1 : Tasks;

    /// <summary>Columns of a product that gives all experts' and then all gates' inputs: E w + O E.</summary>
    public int Columns => (Experts * Width) + (Gates * Experts);

    /// <summary>What is added to the gates' logits [O, E]: 0 where the gate may choose the expert.</summary>
    public float[] Mask()
    {
        var mask = new float[Gates * Experts];
        for (var gate = 0; gate < Tasks; gate++)
        {
            for (var expert = 0; expert < Tasks * Each; expert++)
                mask[(gate * Experts) + expert] = expert / Each == gate ? 0 : Forbidden;
        }

        return mask;
    }

    /// <summary>y_o = sum_e softmax(gate logits)_oe relu(expert_e), all of it computed from one product.</summary>
    /// <param name="columns">[..., <see cref="Columns"/>], of rank 2 or 3.</param>
    /// <param name="mask"><see cref="Mask"/> [O, E].</param>
    /// <param name="dropout">Dropout of the experts' outputs.</param>
    /// <returns>[..., O, w].</returns>
    public Tensor Mix(Tensor columns, Tensor mask, SliceDropout dropout)
    {
        var rows = columns.shape[..^1];
        var experts = columns.narrow(-1, 0, Experts * Width).reshape([.. rows, Experts, Width]);
        var gates = columns.narrow(-1, Experts * Width, Gates * Experts).reshape([.. rows, Gates, Experts]);
        return Mix(experts, gates, mask, dropout);
    }

    /// <summary>The same of experts before their relu [..., E, w] and gates' logits [..., O, E].</summary>
    public static Tensor Mix(Tensor experts, Tensor gates, Tensor mask, SliceDropout dropout) =>
        (gates + mask).softmax(-1).matmul(dropout.call(experts.relu()));

    /// <summary>The same in a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="columns">[rows..., <see cref="Columns"/>].</param>
    /// <param name="rows">The sizes before the last.</param>
    public OnnxValue Mix(OnnxGraph graph, OnnxValue columns, params ReadOnlySpan<long> rows)
    {
        var axis = rows.Length;
        var experts = graph.Reshape(graph.Slice(columns, axis, 0, Experts * Width), [.. rows, Experts, Width]);
        var gates = graph.Reshape(graph.Slice(columns, axis, Experts * Width), [.. rows, Gates, Experts]);
        return Mix(graph, experts, gates);
    }

    /// <summary>The same in a graph, of experts before their relu [..., E, w] and gates' logits [..., O, E].</summary>
    public OnnxValue Mix(OnnxGraph graph, OnnxValue experts, OnnxValue gates) =>
        graph.MatMul(graph.Softmax(gates + graph.Constant(Mask(), Gates, Experts), -1), graph.Relu(experts));
}
