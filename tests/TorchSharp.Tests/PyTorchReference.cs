using System.Diagnostics;
using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>What PyTorch computes, from one run of <c>pytorch_reference.py</c>.</summary>
internal static class PyTorchReference
{
    private const string Python = "/usr/bin/python3";

    private static readonly Lazy<string?> Absence = new(WhyAbsent);
    private static readonly Lazy<Dictionary<string, double[]>> Values = new(Compute);

    /// <summary>Why there is no PyTorch here; null where there is.</summary>
    public static string? Missing => Absence.Value;

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

    private static string? WhyAbsent()
    {
        if (!File.Exists(Python)) return $"{Python} is absent.";
        try
        {
            Run("-c", "import torch");
            return null;
        }
        catch (InvalidOperationException)
        {
            return "python3-torch is not installed.";
        }
    }

    private static Dictionary<string, double[]> Compute() => JsonSerializer.Deserialize<Dictionary<string, double[]>>(
        Run(Path.Combine(AppContext.BaseDirectory, "pytorch_reference.py")))!;

    private static string Run(params string[] arguments)
    {
        ProcessStartInfo start = new(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(errors.Result);
    }
}

/// <summary>A test against PyTorch, skipped with the reason where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchFactAttribute : FactAttribute
{
    public PyTorchFactAttribute() => Skip = PyTorchReference.Missing;
}

/// <summary>Cases against PyTorch, skipped with the reason where that is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PyTorchTheoryAttribute : TheoryAttribute
{
    public PyTorchTheoryAttribute() => Skip = PyTorchReference.Missing;
}
