using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>A tensor as it travels to and from Python: values that are not finite travel by name.</summary>
public sealed record PythonTensor(long[] Shape, double[] Data)
{
    public static PythonTensor From(Tensor tensor)
    {
        using var values = tensor.to_type(ScalarType.Float64).contiguous();
        return new(tensor.shape, values.data<double>().ToArray());
    }
}

/// <summary>Debian's PyTorch, an independent caller of the same engine.</summary>
public static class PythonTorch
{
    private const string Interpreter = "/usr/bin/python3";

    private const string Script = """
        import json, math, sys
        import torch

        def number(value):
            return value if math.isfinite(value) else 'NaN' if math.isnan(value) else 'Infinity' if value > 0 else '-Infinity'

        def travel(tensor):
            values = tensor.detach().double().reshape(-1).tolist()
            return {'Shape': list(tensor.shape), 'Data': [number(value) for value in values]}

        task = json.load(sys.stdin)
        names = {name: torch.tensor([float(x) for x in value['Data']], dtype=torch.float64).reshape(value['Shape']) for name, value in task['Inputs'].items()}
        results = {expression: travel(eval(expression, {'torch': torch, **names})) for expression in task['Expressions']}
        json.dump(results, sys.stdout)
        """;

    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly Lazy<string?> Reason = new(Missing);

    /// <summary>Why Python's PyTorch cannot be asked, or null where it can.</summary>
    public static string? WhyNot => Reason.Value;

    /// <summary>Evaluates Python expressions over named tensors, all in one process.</summary>
    public static Dictionary<string, PythonTensor> Evaluate(Dictionary<string, PythonTensor> inputs, IEnumerable<string> expressions)
    {
        var task = JsonSerializer.Serialize(new { Inputs = inputs, Expressions = expressions }, Json);
        var (answer, errors, code) = Run(["-c", Script], task);
        Assert.True(code == 0, errors);
        return JsonSerializer.Deserialize<Dictionary<string, PythonTensor>>(answer, Json)!;
    }

    private static string? Missing()
    {
        if (!File.Exists(Interpreter))
            return $"{Interpreter} is not installed.";
        var (_, _, code) = Run(["-c", "import torch"], string.Empty);
        return code == 0 ? null : $"{Interpreter} has no torch (Debian: python3-torch).";
    }

    /// <summary>Runs Python to its end.</summary>
    internal static (string Output, string Errors, int Code) Run(string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(Interpreter, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        process.WaitForExit();
        return (output.Result, errors.Result, process.ExitCode);
    }
}

/// <summary>A theory that asks Python's PyTorch and is skipped, with the reason, where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTorchTheoryAttribute : TheoryAttribute
{
    public PythonTorchTheoryAttribute() => Skip = PythonTorch.WhyNot;
}

/// <summary>A test that asks Python's PyTorch and is skipped, with the reason, where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonTorchFactAttribute : FactAttribute
{
    public PythonTorchFactAttribute() => Skip = PythonTorch.WhyNot;
}
