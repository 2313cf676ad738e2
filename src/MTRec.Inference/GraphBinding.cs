using Microsoft.ML.OnnxRuntime;

namespace MTRec.Inference;

/// <summary>A graph's inputs and outputs of one request after the other: what stays the same tensor stays bound. For one thread at a time.</summary>
internal sealed class GraphBinding(InferenceSession session, string[] inputs) : IDisposable
{
    private static readonly RunOptions Options = new();

    private readonly OrtIoBinding _binding = session.CreateIoBinding();
    private readonly OrtValue?[] _inputs = new OrtValue?[inputs.Length];
    private OrtValue?[] _outputs = [];
    private string[] _outputNames = [];

    /// <summary>Takes an input by its place among the graph's.</summary>
    public void BindInput(int place, OrtValue value)
    {
        if (ReferenceEquals(_inputs[place], value))
            return;
        _binding.BindInput(inputs[place], value);
        _inputs[place] = value;
    }

    /// <summary>Computes these outputs and no others.</summary>
    /// <param name="names">The same array for the same outputs.</param>
    public void SelectOutputs(string[] names)
    {
        if (ReferenceEquals(_outputNames, names))
            return;
        _binding.ClearBoundOutputs();
        _outputs = new OrtValue?[names.Length];
        _outputNames = names;
    }

    /// <summary>Takes the memory of an output by its place among those selected.</summary>
    public void BindOutput(int place, OrtValue value)
    {
        if (ReferenceEquals(_outputs[place], value))
            return;
        _binding.BindOutput(_outputNames[place], value);
        _outputs[place] = value;
    }

    /// <summary>Runs the graph.</summary>
    /// <exception cref="OnnxRuntimeException">The run failed.</exception>
    public void Run() => session.RunWithBinding(Options, _binding);

    /// <inheritdoc/>
    public void Dispose() => _binding.Dispose();
}
