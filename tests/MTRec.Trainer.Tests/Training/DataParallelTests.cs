using System.Runtime.InteropServices;
using System.Text.Json;
using MTRec.Export;
using MTRec.Export.Onnx;
using MTRec.Learning.Tests;
using MTRec.Testing;
using Xunit;

namespace MTRec.Trainer.Tests.Training;

/// <summary>Real ranks of Open MPI beside one process.</summary>
public sealed class DataParallelTests(DataParallelTests.Reference reference) : IClassFixture<DataParallelTests.Reference>
{
    // Two ranks add up what one process adds up; the sum of three has an order.
    private const double Exact = 0;
    private const double Rounded = 1e-4;

    [MpiTheory]
    [InlineData(2, "--batch 61", Exact)]
    [InlineData(2, "--batch 61 --parts 2 --threads 1", Exact)]
    [InlineData(3, "--batch 61 --parts 3 --threads 1", Rounded)]
    public async Task Ranks_together_learn_what_one_process_learns(int ranks, string options, double tolerance)
    {
        using var folder = new TemporaryFolder();
        var one = await reference.TrainAsync(Path.Combine(folder.Path, "one"), 1, options.Split(' '));
        var together = await reference.TrainAsync(Path.Combine(folder.Path, "ranks"), ranks, options.Split(' '));

        AssertSame(one.Losses, together.Losses, tolerance);
        Assert.Equal(
            ["logistic regression", "mental reward", "mental reward at serving time", "task scores"],
            together.Losses.Select(loss => loss.Name).Distinct().Order());
        Assert.All(together.Losses.CountBy(loss => loss.Name), steps => Assert.True(steps.Value >= 12));
        foreach (var graph in new[] { "task-scores.onnx", "mental-reward.onnx" })
            AssertSame(Path.Combine(one.Bundle, graph), Path.Combine(together.Bundle, graph), tolerance);
        var manifest = await File.ReadAllTextAsync(Path.Combine(together.Bundle, "manifest.json"));
        Assert.Contains($"mpirun -n {ranks} mtrec train", manifest, StringComparison.Ordinal);
        if (options.Contains("--parts", StringComparison.Ordinal))
            Assert.Contains($"--parts {ranks}", manifest, StringComparison.Ordinal);
    }

    [MpiFact]
    public async Task More_ranks_than_parts_refuse()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await EndAsync(["-n", "3", .. reference.Command(folder.Path, [.. Reference.Whole, "--parts", "2"])]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("3 ranks cannot share batches of 2 parts", said, StringComparison.Ordinal);
    }

    [MpiTheory]
    [InlineData("ple")]
    [InlineData("mfh")]
    public async Task Every_upstream_model_is_shared(string algorithm)
    {
        using var folder = new TemporaryFolder();
        string[] options = [.. Reference.Whole, "--algorithm", algorithm];
        var one = await reference.TrainAsync(Path.Combine(folder.Path, "one"), 1, options);
        var together = await reference.TrainAsync(Path.Combine(folder.Path, "two"), 2, options);

        AssertSame(one.Losses, together.Losses, Exact);
        AssertSame(Path.Combine(one.Bundle, "task-scores.onnx"), Path.Combine(together.Bundle, "task-scores.onnx"), Exact);
    }

    [MpiTheory]
    [InlineData("unified-rl", "actor", "critics")]
    [InlineData("enhanced-rl", "actor", "critics")]
    [InlineData("batchrl-mtf", "critics", "generator", "perturbation")]
    [InlineData("cql-sac", "actor", "critics", "temperature")]
    [InlineData("iql", "actor", "critics", "value")]
    [InlineData("td3", "actor", "critics")]
    [InlineData("xmtf", "actor", "cells", "critics")]
    public async Task Every_fusion_learner_is_shared(string algorithm, params string[] steps)
    {
        using var folder = new TemporaryFolder();
        string[] options = ["--algorithm", algorithm, "--quick", "--threads", "1", "--base", await reference.BaseAsync()];
        var one = await reference.TrainAsync(Path.Combine(folder.Path, "one"), 1, options, reference.ManyUsers);
        var together = await reference.TrainAsync(Path.Combine(folder.Path, "two"), 2, options, reference.ManyUsers);

        AssertSame(one.Losses, together.Losses, Exact);
        Assert.Equal(steps, together.Losses.Select(loss => loss.Name).Distinct().Order());
        AssertSame(Path.Combine(one.Bundle, "policy.onnx"), Path.Combine(together.Bundle, "policy.onnx"), Exact);
    }

    [MpiFact]
    public async Task A_rank_with_other_data_is_noticed()
    {
        using var other = SyntheticLog.Write(seed: 2);
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await EndAsync(
            ["-n", "1", .. reference.Command(folder.Path, Reference.Whole), ":", "-n", "1", .. reference.Command(folder.Path, Reference.Whole, other.Folder)]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("the data are on rank 1 not those of rank 0", said, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "default")));
    }

    [MpiFact]
    public async Task A_rank_with_other_options_is_noticed()
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await EndAsync(
        [
            "-n", "2", .. reference.Command(folder.Path, Reference.Whole), ":",
            "-n", "1", .. reference.Command(folder.Path, [.. Reference.Whole, "--formula", "LogSum"]),
        ]);

        Assert.NotEqual(0, exitCode);
        Assert.Contains("the options are on rank 2 not those of rank 0", said, StringComparison.Ordinal);
    }

    [MpiFact]
    public async Task The_first_rank_s_failure_ends_all_and_is_said_once()
    {
        using var folder = new TemporaryFolder();
        var registry = Path.Combine(folder.Path, "file");
        await File.WriteAllTextAsync(registry, "no folder");
        var (exitCode, said) = await EndAsync(["-n", "2", .. reference.Command(registry, Reference.Whole)]);

        Assert.Equal(1, exitCode);
        Assert.Single(said.Split("mtrec: ").Skip(1));
    }

    [MpiFact]
    public async Task A_killed_rank_ends_all()
    {
        using var folder = new TemporaryFolder();
        using var job = Mpi.Start(["-n", "2", .. reference.Command(folder.Path, ["--batch", "8", "--threads", "1"])]);
        var follower = await FollowerAsync(job);
        await Task.Delay(TimeSpan.FromSeconds(5));
        using (var kill = System.Diagnostics.Process.Start("sh", ["-c", $"kill -KILL {follower}"]))
            await kill.WaitForExitAsync();

        Assert.NotEqual(0, await job.EndAsync(TimeSpan.FromMinutes(1)));
        Assert.False(Directory.Exists(Path.Combine(folder.Path, "default")));
    }

    [MpiTheory]
    [InlineData("cem")]
    [InlineData("es")]
    [InlineData("bo")]
    public async Task An_algorithm_without_gradients_refuses(string algorithm)
    {
        using var folder = new TemporaryFolder();
        var (exitCode, said) = await EndAsync(["-n", "2", .. reference.Command(folder.Path, ["--algorithm", algorithm, "--quick"])]);

        Assert.Equal(1, exitCode);
        Assert.Contains($"{algorithm} searches", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_mpi_s_ranks_refuse()
    {
        using var folder = new TemporaryFolder();
        using var mtrec = RunningProcess.Start("env", ["PMI_SIZE=2", .. reference.Command(folder.Path, Reference.Whole)]);

        Assert.Equal(1, await mtrec.EndAsync());
        Assert.Contains("Open MPI", mtrec.Error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Said)> EndAsync(string[] arguments)
    {
        using var job = Mpi.Start(arguments);
        return (await job.EndAsync(TimeSpan.FromMinutes(5)), job.Said);
    }

    // The process id of rank 1.
    private static async Task<int> FollowerAsync(RunningProcess job)
    {
        while (!job.HasEnded)
        {
            foreach (var process in Directory.GetDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
            {
                try
                {
                    var variables = (await File.ReadAllTextAsync(Path.Combine(process, "environ"))).Split('\0');
                    var parent = (await File.ReadAllTextAsync(Path.Combine(process, "stat"))).Split(") ")[^1].Split(' ')[1];
                    if (parent == $"{job.Id}" && variables.Contains("OMPI_COMM_WORLD_RANK=1"))
                        return int.Parse(Path.GetFileName(process), System.Globalization.CultureInfo.InvariantCulture);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // It has ended meanwhile, or is another user's.
                }
            }

            await Task.Delay(50);
        }

        throw new InvalidOperationException(job.Said);
    }

    private static void AssertSame(IReadOnlyList<Loss> one, IReadOnlyList<Loss> together, double tolerance)
    {
        Assert.Equal(one.Select(loss => (loss.Name, loss.Step)), together.Select(loss => (loss.Name, loss.Step)));
        Assert.All(one.Zip(together), pair => Assert.True(Math.Abs(pair.First.Value - pair.Second.Value) <= tolerance * Math.Max(1, Math.Abs(pair.First.Value)), $"{pair.First} and {pair.Second}"));
    }

    // Every number that a graph holds.
    private static void AssertSame(string one, string together, double tolerance)
    {
        var (expected, actual) = (Tensors(one), Tensors(together));
        Assert.NotEmpty(expected);
        Assert.Equal(expected.Select(tensor => (tensor.Name, tensor.Values.Length)), actual.Select(tensor => (tensor.Name, tensor.Values.Length)));
        foreach (var (first, second) in expected.Zip(actual))
        {
            for (var i = 0; i < first.Values.Length; i++)
                Assert.True(Math.Abs(first.Values[i] - second.Values[i]) <= tolerance, $"{first.Name}[{i}]: {first.Values[i]} and {second.Values[i]}");
        }
    }

    private static (string Name, float[] Values)[] Tensors(string graph) =>
    [
        .. ModelProto.Parser.ParseFrom(File.ReadAllBytes(graph)).Graph.Initializer
            .Where(tensor => tensor.DataType == (int)OnnxType.Float32)
            .Select(tensor => (tensor.Name, MemoryMarshal.Cast<byte, float>(tensor.RawData.Span).ToArray())),
    ];

    internal sealed record Loss(string Name, int Step, double Value);

    internal sealed record Trained(string Bundle, IReadOnlyList<Loss> Losses);

    /// <summary>Logs whose batches do not divide evenly, and a base that one process learned.</summary>
    public sealed class Reference : IDisposable
    {
        private readonly SyntheticLog _log = SyntheticLog.Write();
        private readonly SyntheticLog _manyUsers = SyntheticLog.Write(users: 1200);
        private readonly TemporaryFolder _folder = new();
        private Trained? _base;

        /// <summary>1440 rows by 61: steps of 61 and of 37 rows.</summary>
        internal static string[] Whole { get; } = ["--batch", "61", "--threads", "1"];

        /// <summary>Enough users for the twentieth of them that a quick run takes.</summary>
        internal string ManyUsers => _manyUsers.Folder;

        internal async Task<string> BaseAsync() =>
            (_base ??= await TrainAsync(Path.Combine(_folder.Path, "base"), 1, ["--quick", "--threads", "1"], ManyUsers)).Bundle;

        internal string[] Command(string registry, string[] options, string? data = null) =>
            ["dotnet", Path.Combine(AppContext.BaseDirectory, "mtrec.dll"), "train", "--data", data ?? _log.Folder, "--out", registry, "--version", "1", .. options];

        internal async Task<Trained> TrainAsync(string registry, int ranks, string[] options, string? data = null)
        {
            var losses = Path.Combine(Directory.CreateDirectory(registry).FullName, "losses.jsonl");
            string[] command = Command(registry, [.. options, "--losses", losses], data);
            using var job = ranks == 1 ? RunningProcess.Start(command[0], command[1..]) : Mpi.Start(["-n", $"{ranks}", .. command]);
            var exitCode = await job.EndAsync(TimeSpan.FromMinutes(10));
            Assert.True(exitCode == 0, job.Said);
            return new Trained(
                Path.Combine(registry, "default", "1"),
                [.. File.ReadLines(losses).Select(line => JsonSerializer.Deserialize<Loss>(line, JsonSerializerOptions.Web)!)]);
        }

        public void Dispose()
        {
            _log.Dispose();
            _manyUsers.Dispose();
            _folder.Dispose();
        }
    }
}
