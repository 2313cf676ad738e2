using Microsoft.ML.OnnxRuntime;

namespace MTRec.Export.Tests;

/// <summary>Runs an exported graph in ONNX Runtime.</summary>
internal static class GraphRun
{
    public static Dictionary<string, float[]> Run(OnnxGraph graph, params (string Name, float[] Values, long[] Shape)[] inputs)
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(graph.ToBytes(), options);
        using var run = new RunOptions();
        var values = inputs.ToDictionary(input => input.Name, input => OrtValue.CreateTensorValueFromMemory(input.Values, input.Shape));
        using var outputs = session.Run(run, values, session.OutputNames);
        return session.OutputNames.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    /// <summary>The output of a graph that computes one tensor from one.</summary>
    public static float[] Run(float[] x, long[] shape, Func<OnnxGraph, OnnxValue, OnnxValue> compute, params long[] outputShape)
    {
        var graph = new OnnxGraph("test");
        graph.Output("y", compute(graph, graph.Input("x", shape)), outputShape);

        // The dynamic axis, if any, takes what the others leave.
        var others = shape.Where(size => size > 0).Aggregate(1L, (product, size) => product * size);
        return Run(graph, ("x", x, [.. shape.Select(size => size > 0 ? size : x.Length / others)]))["y"];
    }

    public static void AssertClose(float[] expected, float[] actual, float tolerance = 1e-5f) =>
        Xunit.Assert.Equal(expected, actual, (a, b) => a.Equals(b) || Math.Abs(a - b) <= tolerance * Math.Max(1, Math.Abs(a)));
}
