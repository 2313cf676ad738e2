namespace MTRec.Export;

/// <content>Operators along one axis; a negative axis counts from the last.</content>
public sealed partial class OnnxGraph
{
    /// <summary>Sum along an axis.</summary>
    public OnnxValue ReduceSum(OnnxValue x, long axis, bool keepDims = false) =>
        Node("ReduceSum", x.Type, [x, Constant([axis], 1)], Attribute("keepdims", keepDims ? 1 : 0));

    /// <summary>Mean along an axis.</summary>
    public OnnxValue ReduceMean(OnnxValue x, long axis, bool keepDims = false) => Reduce("ReduceMean", x, axis, keepDims);

    /// <summary>Largest element along an axis.</summary>
    public OnnxValue ReduceMax(OnnxValue x, long axis, bool keepDims = false) => Reduce("ReduceMax", x, axis, keepDims);

    /// <summary>Smallest element along an axis.</summary>
    public OnnxValue ReduceMin(OnnxValue x, long axis, bool keepDims = false) => Reduce("ReduceMin", x, axis, keepDims);

    /// <summary>log sum exp along an axis.</summary>
    public OnnxValue ReduceLogSumExp(OnnxValue x, long axis, bool keepDims = false) => Reduce("ReduceLogSumExp", x, axis, keepDims);

    /// <summary>Index of the largest element along an axis, the first of equals.</summary>
    public OnnxValue ArgMax(OnnxValue x, long axis, bool keepDims = false) =>
        Node("ArgMax", OnnxType.Int64, [x], Attribute("axis", axis), Attribute("keepdims", keepDims ? 1 : 0));

    /// <summary>exp(x) / sum exp(x) along an axis.</summary>
    public OnnxValue Softmax(OnnxValue x, long axis) => OnFloats("Softmax", [x], Attribute("axis", axis));

    /// <summary>log softmax along an axis.</summary>
    public OnnxValue LogSoftmax(OnnxValue x, long axis) => OnFloats("LogSoftmax", [x], Attribute("axis", axis));

    /// <summary>Running sum along an axis, the element itself included.</summary>
    public OnnxValue CumSum(OnnxValue x, long axis) => Node("CumSum", x.Type, [x, Constant([axis])]);

    // In opset 17 the axes of all reductions but the sum are attributes.
    private OnnxValue Reduce(string operation, OnnxValue x, long axis, bool keepDims) =>
        OnFloats(operation, [x], Attribute("axes", [axis]), Attribute("keepdims", keepDims ? 1 : 0));
}
