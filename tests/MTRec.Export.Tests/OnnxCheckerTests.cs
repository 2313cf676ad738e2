using System.Diagnostics;
using MTRec.Core.Fusion;
using MTRec.Testing;
using Xunit;

namespace MTRec.Export.Tests;

/// <summary>What is exported passes the ONNX project's own checker.</summary>
public class OnnxCheckerTests
{
    [PythonOnnxFact]
    public void Exported_graphs_pass_the_full_check()
    {
        using var folder = new TemporaryFolder();
        var manifest = TestBundles.Manifest();
        OnnxGraph[] graphs =
        [
            .. Fuser.OfScores.Select(formula =>
                FusionGraphs.FixedPolicy(manifest.Tasks, TestBundles.Manifest(formula: formula).Fusion, TestBundles.Action(formula))),
            TestBundles.MentalReward(manifest),
            TestBundles.TaskScores(manifest),
            EveryOperator(),
        ];
        for (var i = 0; i < graphs.Length; i++)
            File.WriteAllBytes(Path.Combine(folder.Path, $"{i}.onnx"), graphs[i].ToBytes());

        var (exitCode, output) = PythonOnnx.Run(
            "import onnx, pathlib, sys\n"
            + "files = sorted(pathlib.Path(sys.argv[1]).glob('*.onnx'))\n"
            + "for file in files:\n"
            + "    onnx.checker.check_model(onnx.load(str(file)), full_check=True)\n"
            + "print(len(files), 'checked')",
            folder.Path);

        Assert.True(exitCode == 0, output);
        Assert.Contains($"{graphs.Length} checked", output, StringComparison.Ordinal);
    }

    [PythonOnnxFact]
    public void The_checker_finds_a_wrong_shape()
    {
        using var folder = new TemporaryFolder();
        var graph = new OnnxGraph("wrong");
        graph.Output("y", graph.ReduceSum(graph.Input("x", -1, 2), 1), -1, 2);
        var file = Path.Combine(folder.Path, "wrong.onnx");
        File.WriteAllBytes(file, graph.ToBytes());

        var (exitCode, _) = PythonOnnx.Run("import onnx, sys\nonnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)", file);

        Assert.NotEqual(0, exitCode);
    }

    private static OnnxGraph EveryOperator()
    {
        var graph = new OnnxGraph("everyOperator");
        var x = graph.Input("x", -1, 4);
        OnnxValue[] alike =
        [
            graph.Min(x, x), graph.Max(x, x), graph.Pow(x, x), graph.Neg(x), graph.Abs(x), graph.Floor(x), graph.Sqrt(x), graph.Exp(x),
            graph.Log(x), graph.Relu(x), graph.LeakyRelu(x), graph.Elu(x), graph.Gelu(x), graph.Silu(x), graph.Sigmoid(x), graph.Tanh(x),
            graph.Softplus(x), graph.Clip(x, 0, 1), graph.Identity(x), graph.Softmax(x, 1), graph.LogSoftmax(x, -1), graph.CumSum(x, 1),
            graph.Where(graph.Not(graph.Greater(x, x)), x, x - x / 2), graph.Cast(graph.Less(x, x), OnnxType.Float32),
            graph.Cast(graph.Equal(x, x), OnnxType.Float32), graph.Cast(graph.Cast(x, OnnxType.Int64), OnnxType.Float32),
            graph.LayerNormalization(x, graph.Constant([1f, 1, 1, 1], 4), graph.Constant([0f, 0, 0, 0], 4)),
            graph.Linear("l", x, new float[16], new float[4], 4, 4),
            graph.Gemm(x, graph.Initializer("w", new float[16], 4, 4), graph.Constant([0f, 0, 0, 0], 4), transposeW: true),
            graph.RepeatRows(graph.Constant([1f, 2, 3, 4], 1, 4), x, 2),
            graph.Squeeze(graph.Gru("gru", graph.Unsqueeze(x, 1), new float[48], new float[48], new float[12], new float[12], 4, 4), 1),
        ];
        var sum = alike.Aggregate((a, b) => a + b);
        OnnxValue[] columns =
        [
            graph.ReduceSum(sum, 1, true), graph.ReduceMean(sum, 1, true), graph.ReduceMax(sum, 1, true), graph.ReduceMin(sum, 1, true),
            graph.ReduceLogSumExp(sum, 1, true), graph.Cast(graph.ArgMax(sum, 1, true), OnnxType.Float32), graph.Slice(sum, 1, 1, 2),
            graph.Reshape(graph.Select(sum, 1, 0), -1, 1), graph.GatherElements(sum, graph.ArgMax(sum, 1, true), 1),
            graph.Transpose(graph.Transpose(graph.Slice(sum, 1, -1), 1, 0), 1, 0),
        ];
        graph.Output("y", graph.Concat(1, columns), -1, columns.Length);
        return graph;
    }
}

/// <summary>Debian's python3-onnx, an independent reader of the format.</summary>
internal static class PythonOnnx
{
    // Debian's modules belong to Debian's interpreter, which need not be the first on the path.
    private static readonly string[] Interpreters = ["/usr/bin/python3", "python3"];

    public static string? Interpreter { get; } = Interpreters.FirstOrDefault(python => Start(python, "import onnx").ExitCode == 0);

    public static (int ExitCode, string Output) Run(string script, params string[] arguments) => Start(Interpreter!, script, arguments);

    private static (int ExitCode, string Output) Start(string python, string script, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(python, ["-c", script, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}

/// <summary>A test that is skipped, with the reason, where the ONNX checker is absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PythonOnnxFactAttribute : FactAttribute
{
    public PythonOnnxFactAttribute()
    {
        if (PythonOnnx.Interpreter is null)
            Skip = "The ONNX checker is not installed (Debian: apt install python3-onnx).";
    }
}
