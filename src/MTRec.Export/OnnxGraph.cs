using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Google.Protobuf;
using MTRec.Core.Bundles;
using MTRec.Export.Onnx;

namespace MTRec.Export;

/// <summary>
/// Writes an ONNX model (opset 17, IR version 8), node by node. The methods are named after ONNX's operators and broadcast as
/// they do. Sizes of -1 stand for the number of candidates, the dynamic axis <c>n</c>. The same calls give the same bytes.
/// </summary>
/// <param name="name">The graph's name.</param>
public sealed partial class OnnxGraph(string name)
{
    /// <summary>The operators' version.</summary>
    public const int Opset = 17;

    private const int IrVersion = 8;

    // Larger constants are rarely equal, and comparing them costs memory.
    private const int LargestSharedConstant = 16;

    private readonly GraphProto _graph = new() { Name = name };
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OnnxValue> _constants = new(StringComparer.Ordinal);
    private readonly List<TensorShape> _inputs = [];
    private readonly List<TensorShape> _outputs = [];

    /// <summary>The inputs declared so far.</summary>
    public IReadOnlyList<TensorShape> Inputs => _inputs;

    /// <summary>The outputs declared so far.</summary>
    public IReadOnlyList<TensorShape> Outputs => _outputs;

    /// <summary>Reads a graph that this class wrote, to publish it again as it is.</summary>
    /// <param name="model">The bytes of <see cref="ToBytes"/>.</param>
    /// <exception cref="InvalidProtocolBufferException">The bytes are no model.</exception>
    public static OnnxGraph Read(ReadOnlySpan<byte> model)
    {
        var read = ModelProto.Parser.ParseFrom(model).Graph;
        var graph = new OnnxGraph(read.Name);
        graph._graph.MergeFrom(read);
        graph._inputs.AddRange(read.Input.Select(Shape));
        graph._outputs.AddRange(read.Output.Select(Shape));
        graph._read.UnionWith(read.Node.SelectMany(node => node.Input));
        graph._names.UnionWith(read.Input.Select(input => input.Name).Concat(read.Initializer.Select(tensor => tensor.Name)).Concat(read.Node.SelectMany(node => node.Output)));
        return graph;

        static TensorShape Shape(ValueInfoProto value) => new(
            value.Name,
            GraphContract.ElementType,
            [.. value.Type.TensorType.Shape.Dim.Select(size => size.ValueCase == TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam ? GraphContract.Candidates : size.DimValue)]);
    }

    /// <summary>The constant float tensors with names, shapes and values: a network's weights are among them.</summary>
    public IEnumerable<(string Name, IReadOnlyList<long> Shape, float[] Values)> Weights => _graph.Initializer
        .Where(tensor => tensor.DataType == (int)OnnxType.Float32)
        .Select(tensor => (tensor.Name, (IReadOnlyList<long>)[.. tensor.Dims], Floats(tensor.RawData.Span)));

    /// <summary>Declares a float input; something must read it.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public OnnxValue Input(string name, params ReadOnlySpan<long> shape)
    {
        var value = Named(name, OnnxType.Float32);
        _graph.Input.Add(Describe(name, OnnxType.Float32, shape));
        _inputs.Add(new TensorShape(name, GraphContract.ElementType, shape.ToArray()));
        return value;
    }

    /// <summary>Declares an input as a bundle's contract describes it.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public OnnxValue Input(TensorShape tensor) => Input(tensor.Name, [.. tensor.Shape]);

    /// <summary>Declares <paramref name="value"/> as an output; the runtime checks the shape when the graph is opened.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the value is no float tensor.</exception>
    public void Output(string name, OnnxValue value, params ReadOnlySpan<long> shape)
    {
        if (value.Type != OnnxType.Float32)
            throw new ArgumentException($"The output '{name}' is {value.Type}; outputs are floats.", nameof(value));
        Named(name, value.Type);
        AddNode("Identity", [value], [name]);
        _graph.Output.Add(Describe(name, value.Type, shape));
        _outputs.Add(new TensorShape(name, GraphContract.ElementType, shape.ToArray()));
    }

    /// <summary>A constant float tensor under a name of its own, such as a network's weights.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the number of values does not fit the shape.</exception>
    public OnnxValue Initializer(string name, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        AddInitializer(name, OnnxType.Float32, LittleEndian(values), values.Length, shape);

    /// <summary>A constant integer tensor under a name of its own.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the number of values does not fit the shape.</exception>
    public OnnxValue Initializer(string name, ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        AddInitializer(name, OnnxType.Int64, LittleEndian(values), values.Length, shape);

    /// <summary>A constant float tensor.</summary>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public OnnxValue Constant(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape) =>
        Shared(OnnxType.Float32, LittleEndian(values), values.Length, shape);

    /// <summary>A constant integer tensor.</summary>
    /// <exception cref="ArgumentException">The number of values does not fit the shape.</exception>
    public OnnxValue Constant(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) =>
        Shared(OnnxType.Int64, LittleEndian(values), values.Length, shape);

    /// <summary>A constant number.</summary>
    public OnnxValue Scalar(float value) => Constant([value]);

    /// <summary>The model's bytes.</summary>
    /// <exception cref="InvalidOperationException">The graph has no output, or nothing reads one of its inputs.</exception>
    public byte[] ToBytes()
    {
        if (_graph.Output.Count == 0)
            throw new InvalidOperationException($"The graph '{_graph.Name}' has no output.");
        if (_inputs.FirstOrDefault(input => !_read.Contains(input.Name)) is { } idle)
            throw new InvalidOperationException($"Nothing in the graph '{_graph.Name}' reads the input '{idle.Name}': do not declare it.");
        var model = new ModelProto { IrVersion = IrVersion, ProducerName = "MTRec", Graph = _graph };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        return model.ToByteArray();
    }

    private static ValueInfoProto Describe(string name, OnnxType type, ReadOnlySpan<long> sizes)
    {
        var shape = new TensorShapeProto();
        foreach (var size in sizes)
        {
            shape.Dim.Add(size == GraphContract.Candidates
                ? new TensorShapeProto.Types.Dimension { DimParam = "n" }
                : new TensorShapeProto.Types.Dimension { DimValue = size });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape } },
        };
    }

    private static byte[] LittleEndian(ReadOnlySpan<float> values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    private static byte[] LittleEndian(ReadOnlySpan<long> values)
    {
        var bytes = new byte[values.Length * sizeof(long)];
        for (var i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(i * sizeof(long)), values[i]);
        return bytes;
    }

    private static float[] Floats(ReadOnlySpan<byte> littleEndian)
    {
        var values = new float[littleEndian.Length / sizeof(float)];
        for (var i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadSingleLittleEndian(littleEndian[(i * sizeof(float))..]);
        return values;
    }

    private static AttributeProto Attribute(string name, long value) =>
        new() { Name = name, I = value, Type = AttributeProto.Types.AttributeType.Int };

    private static AttributeProto Attribute(string name, float value) =>
        new() { Name = name, F = value, Type = AttributeProto.Types.AttributeType.Float };

    private static AttributeProto Attribute(string name, ReadOnlySpan<long> values)
    {
        var attribute = new AttributeProto { Name = name, Type = AttributeProto.Types.AttributeType.Ints };
        attribute.Ints.Add(values.ToArray());
        return attribute;
    }

    private OnnxValue Shared(OnnxType type, byte[] bytes, int count, ReadOnlySpan<long> shape)
    {
        if (count > LargestSharedConstant)
            return AddInitializer(NextName("constant"), type, bytes, count, shape);
        var key = $"{type} [{string.Join(',', shape.ToArray())}] {Convert.ToHexString(bytes)}";
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_constants, key, out _);
        return known ??= AddInitializer(NextName("constant"), type, bytes, count, shape);
    }

    private OnnxValue AddInitializer(string name, OnnxType type, byte[] bytes, int count, ReadOnlySpan<long> shape)
    {
        var expected = 1L;
        foreach (var size in shape)
            expected = checked(expected * size);
        if (expected != count)
            throw new ArgumentException($"'{name}' has {count} values for the shape [{string.Join(", ", shape.ToArray())}].", nameof(shape));
        var value = Named(name, type);
        var tensor = new TensorProto { Name = name, DataType = (int)type, RawData = UnsafeByteOperations.UnsafeWrap(bytes) };
        tensor.Dims.Add(shape.ToArray());
        _graph.Initializer.Add(tensor);
        return value;
    }

    private OnnxValue Named(string name, OnnxType type)
    {
        if (!_names.Add(name))
            throw new ArgumentException($"The name '{name}' is taken in the graph '{_graph.Name}'.", nameof(name));
        return new OnnxValue(this, name, type);
    }

    private string NextName(string stem) => $"{stem}:{_names.Count}";

    private OnnxValue Node(string operation, OnnxType type, ReadOnlySpan<OnnxValue> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var output = Named(NextName(operation), type);
        AddNode(operation, inputs, [output.Name], attributes);
        return output;
    }

    private void AddNode(
        string operation, ReadOnlySpan<OnnxValue> inputs, ReadOnlySpan<string> outputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var node = new NodeProto { Name = outputs[0], OpType = operation };
        foreach (var input in inputs)
        {
            if (input.Graph != this)
                throw new ArgumentException($"'{input.Name}' belongs to another graph.", nameof(inputs));
            node.Input.Add(input.Name);
            _read.Add(input.Name);
        }

        foreach (var output in outputs)
            node.Output.Add(output);
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        _graph.Node.Add(node);
    }

    // Operators on floats: the runtime would refuse other types too, but only when the graph is opened.
    private OnnxValue OnFloats(string operation, ReadOnlySpan<OnnxValue> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        foreach (var input in inputs)
            Expect(OnnxType.Float32, operation, input);
        return Node(operation, OnnxType.Float32, inputs, attributes);
    }

    private OnnxValue OnSame(string operation, OnnxType? result, params ReadOnlySpan<OnnxValue> inputs)
    {
        foreach (var input in inputs)
            Expect(inputs[0].Type, operation, input);
        return Node(operation, result ?? inputs[0].Type, inputs);
    }

    private static void Expect(OnnxType type, string operation, OnnxValue value)
    {
        if (value.Type != type)
            throw new ArgumentException($"{operation} needs {type} here; '{value.Name}' is {value.Type}.", nameof(value));
    }
}
