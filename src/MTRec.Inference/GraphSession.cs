using Microsoft.ML.OnnxRuntime;
using MTRec.Core.Bundles;

namespace MTRec.Inference;

/// <summary>One graph, opened once and run by any number of threads.</summary>
internal sealed class GraphSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string[] _inputs;

    /// <summary>Opens a graph from its bytes, so that nothing outside the bundle's hashes can be read.</summary>
    /// <exception cref="OnnxRuntimeException">The bytes are no graph that the runtime can run.</exception>
    public GraphSession(string file, byte[] model)
    {
        File = file;
        using var options = new SessionOptions
        {
            // A request runs on the thread that serves it: concurrency comes from requests.
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,

            // A pattern would be kept for every number of candidates ever seen.
            EnableMemoryPattern = false,

            // Failures arrive as exceptions; the runtime would also print them.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
        _session = new InferenceSession(model, options);
        _inputs = [.. _session.InputMetadata.Keys];
    }

    /// <summary>The graph's file in the bundle.</summary>
    public string File { get; }

    /// <summary>The inputs that the graph declares.</summary>
    public IReadOnlyList<TensorShape> Inputs => Describe(_session.InputMetadata);

    /// <summary>The outputs that the graph declares.</summary>
    public IReadOnlyList<TensorShape> Outputs => Describe(_session.OutputMetadata);

    /// <summary>Begins to run the graph on one request's tensors after the other.</summary>
    public GraphBinding Bind() => new(_session, _inputs);

    /// <summary>Runs the graph on those inputs that it declares and computes only the outputs named.</summary>
    /// <exception cref="GraphFailedException">The run failed.</exception>
    public void Run(RankingInputs inputs, string[] outputs, ReadOnlySpan<OrtValue> values)
    {
        var binding = inputs.BindingTo(this);
        try
        {
            for (var i = 0; i < _inputs.Length; i++)
                binding.BindInput(i, inputs.Value(_inputs[i]));
            binding.SelectOutputs(outputs);
            for (var i = 0; i < values.Length; i++)
                binding.BindOutput(i, values[i]);
            binding.Run();
        }
        catch (OnnxRuntimeException e)
        {
            throw new GraphFailedException(File, e.Message, e);
        }
    }

    public void Dispose() => _session.Dispose();

    private static TensorShape[] Describe(IReadOnlyDictionary<string, NodeMetadata> metadata) =>
    [
        .. metadata.Select(pair => new TensorShape(
            pair.Key,
            pair.Value.OnnxValueType != OnnxValueType.ONNX_TYPE_TENSOR ? pair.Value.OnnxValueType.ToString()
                : pair.Value.ElementDataType == Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float ? GraphContract.ElementType
                : pair.Value.ElementDataType.ToString(),
            pair.Value.OnnxValueType == OnnxValueType.ONNX_TYPE_TENSOR ? [.. pair.Value.Dimensions.Select(size => (long)size)] : [])),
    ];
}
