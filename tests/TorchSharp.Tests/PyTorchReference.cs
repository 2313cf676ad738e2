using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>What PyTorch computes, from one run of <c>pytorch_reference.py</c>.</summary>
internal static class PyTorchReference
{
    private static readonly Lazy<Dictionary<string, double[]>> Values = new(Compute);

    public static double[] Of(string name) => Values.Value[name];

    /// <summary>The script's grid: deterministic values in [-1, 1].</summary>
    public static Tensor Grid(params long[] shape)
    {
        long count = shape.Aggregate(1L, (product, size) => product * size);
        float[] values = [.. Enumerable.Range(0, (int)count).Select(i => (float)Math.Sin((i * 1.7) + 0.3))];
        return tensor(values, shape);
    }

    /// <summary>Compares every element, relatively above one.</summary>
    public static void Equals(string name, Tensor actual, double tolerance = 1e-6)
    {
        using Tensor detached = actual.detach();
        using Tensor flat = detached.to(ScalarType.Float64);
        using Tensor whole = flat.contiguous();
        Equals(name, whole.data<double>().ToArray(), tolerance);
    }

    public static void Equals(string name, double[] actual, double tolerance = 1e-6)
    {
        double[] expected = Of(name);
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            double error = Math.Abs(expected[i] - actual[i]) / Math.Max(1, Math.Abs(expected[i]));
            Assert.True(error <= tolerance, $"{name}[{i}]: {actual[i]}, PyTorch {expected[i]}");
        }
    }

    private static Dictionary<string, double[]> Compute()
    {
        (string output, string errors, int code) = PythonTorch.Run([Path.Combine(AppContext.BaseDirectory, "pytorch_reference.py")], string.Empty);
        Assert.True(code == 0, errors);
        return JsonSerializer.Deserialize<Dictionary<string, double[]>>(output)!;
    }
}
