using Google.Protobuf;

namespace MTRec.Inference;

/// <summary>
/// Looks for tensors whose values lie outside their ONNX file. Such a file names any path that the host can read, and no hash
/// of the bundle covers what is there, so it is refused before the runtime sees it.
/// </summary>
internal static class ExternalData
{
    // Far deeper than any graph here; a hostile file must not exhaust the stack.
    private const int MaxDepth = 64;

    private const uint TensorExternalData = 13;
    private const uint TensorDataLocation = 14;
    private const ulong External = 1;

    private enum Message
    {
        Model,
        TrainingInfo,
        Function,
        Graph,
        Node,
        Attribute,
        SparseTensor,
        Tensor,
    }

    /// <summary>Whether any tensor of the model, at any depth, points outside of the file.</summary>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no protobuf message.</exception>
    /// <exception cref="InvalidDataException">The messages lie too deep within each other.</exception>
    public static bool IsIn(byte[] model) => IsIn(Message.Model, model, 0);

    private static bool IsIn(Message message, byte[] bytes, int depth)
    {
        if (depth > MaxDepth)
            throw new InvalidDataException($"More than {MaxDepth} messages lie within each other.");
        using var input = new CodedInputStream(bytes);
        while (input.ReadTag() is var tag and not 0)
        {
            var field = WireFormat.GetTagFieldNumber(tag);
            if (message == Message.Tensor && field == TensorExternalData)
                return true;
            if (message == Message.Tensor && field == TensorDataLocation)
            {
                if (input.ReadUInt64() == External)
                    return true;
            }
            else if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.LengthDelimited && Inner(message, field) is { } inner)
            {
                if (IsIn(inner, input.ReadBytes().ToByteArray(), depth + 1))
                    return true;
            }
            else
            {
                input.SkipLastField();
            }
        }

        return false;
    }

    // Field numbers of the ONNX format; every path from the model to a tensor.
    private static Message? Inner(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) => Message.Graph,
        (Message.Model, 20) => Message.TrainingInfo,
        (Message.Model, 25) => Message.Function,
        (Message.TrainingInfo, 1 or 2) => Message.Graph,
        (Message.Function, 7) => Message.Node,
        (Message.Function, 11) => Message.Attribute,
        (Message.Graph, 1) => Message.Node,
        (Message.Graph, 5) => Message.Tensor,
        (Message.Graph, 15) => Message.SparseTensor,
        (Message.Node, 5) => Message.Attribute,
        (Message.Attribute, 5 or 10) => Message.Tensor,
        (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.SparseTensor, 1 or 2) => Message.Tensor,
        _ => null,
    };
}
