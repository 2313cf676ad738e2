namespace MTRec.Export;

/// <content>Operators that move elements about; a negative axis counts from the last.</content>
public sealed partial class OnnxGraph
{
    /// <summary>The tensors side by side along an axis.</summary>
    public OnnxValue Concat(long axis, params ReadOnlySpan<OnnxValue> parts)
    {
        foreach (var part in parts)
            Expect(parts[0].Type, "Concat", part);
        return Node("Concat", parts[0].Type, parts, Attribute("axis", axis));
    }

    /// <summary>The part [start, end) along an axis; negative places count from the end.</summary>
    public OnnxValue Slice(OnnxValue x, long axis, long start, long end = long.MaxValue) =>
        Node("Slice", x.Type, [x, Constant([start], 1), Constant([end], 1), Constant([axis], 1)]);

    /// <summary>The elements at <paramref name="indices"/> along an axis; the indices' shape takes the axis' place.</summary>
    public OnnxValue Gather(OnnxValue x, OnnxValue indices, long axis = 0)
    {
        Expect(OnnxType.Int64, "Gather", indices);
        return Node("Gather", x.Type, [x, indices], Attribute("axis", axis));
    }

    /// <summary>The element at one place along an axis, which goes away.</summary>
    public OnnxValue Select(OnnxValue x, long axis, long index) => Gather(x, Constant([index]), axis);

    /// <summary>For every place of <paramref name="indices"/> the element of x at that index along an axis.</summary>
    public OnnxValue GatherElements(OnnxValue x, OnnxValue indices, long axis)
    {
        Expect(OnnxType.Int64, "GatherElements", indices);
        return Node("GatherElements", x.Type, [x, indices], Attribute("axis", axis));
    }

    /// <summary>The elements in another shape; one size may be -1, and 0 keeps the size of that axis.</summary>
    public OnnxValue Reshape(OnnxValue x, params ReadOnlySpan<long> shape) => Node("Reshape", x.Type, [x, Constant(shape, shape.Length)]);

    /// <summary>Puts an axis of size 1 at a place of the result.</summary>
    public OnnxValue Unsqueeze(OnnxValue x, long axis) => Node("Unsqueeze", x.Type, [x, Constant([axis], 1)]);

    /// <summary>Takes an axis of size 1 away.</summary>
    public OnnxValue Squeeze(OnnxValue x, long axis) => Node("Squeeze", x.Type, [x, Constant([axis], 1)]);

    /// <summary>The axes in another order.</summary>
    public OnnxValue Transpose(OnnxValue x, params ReadOnlySpan<long> axes) => Node("Transpose", x.Type, [x], Attribute("perm", axes));

    /// <summary>The sizes of x, an integer vector.</summary>
    public OnnxValue Shape(OnnxValue x) => Node("Shape", OnnxType.Int64, [x]);

    /// <summary>x broadcast together with a shape given as an integer vector.</summary>
    public OnnxValue Expand(OnnxValue x, OnnxValue shape)
    {
        Expect(OnnxType.Int64, "Expand", shape);
        return Node("Expand", x.Type, [x, shape]);
    }

    /// <summary>x [1, ...] repeated for each row of <paramref name="like"/> [n, ...]: what is known of the request, for each candidate.</summary>
    /// <param name="x">A tensor of one row.</param>
    /// <param name="like">A tensor of n rows.</param>
    /// <param name="rank">Number of axes of <paramref name="x"/>.</param>
    public OnnxValue RepeatRows(OnnxValue x, OnnxValue like, int rank)
    {
        var rows = Slice(Shape(like), 0, 0, 1);
        var ones = Enumerable.Repeat(1L, rank - 1).ToArray();
        return Expand(x, rank == 1 ? rows : Concat(0, rows, Constant(ones, ones.Length)));
    }
}
