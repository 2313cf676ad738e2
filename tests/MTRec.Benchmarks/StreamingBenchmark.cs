using System.Diagnostics;
using System.Globalization;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Fusion;
using MTRec.Learning.Streaming;
using static TorchSharp.torch;

namespace MTRec.Benchmarks;

/// <summary>Writes synthetic transitions, streams them back in shuffled minibatches, trains UnifiedRL on them window by window, and reports rows a second and the peak of resident memory.</summary>
internal static class StreamingBenchmark
{
    private const int SessionLength = 8;
    private const int RowsALog = 1 << 16;
    private const int BatchSize = 256;
    private const int UpdatesAWindow = 20;

    public static int Run(Arguments arguments)
    {
        set_num_threads(1);
        var folder = arguments.Text("--folder", Path.Combine(Path.GetTempPath(), "mtrec-transitions"));
        var results = new List<object>();
        Console.WriteLine($"{"rows",14}{"GB on disk",12}{"rows/s written",16}{"rows/s read",14}{"MB at peak",12}{"MB in training",16}");
        foreach (var rows in arguments.Text("--rows", "1000000,10000000,100000000").Split(',').Select(text => long.Parse(text, CultureInfo.InvariantCulture)))
        {
            var data = Path.Combine(folder, rows.ToString(CultureInfo.InvariantCulture));
            try
            {
                var watch = Stopwatch.StartNew();
                Write(data, rows);
                var written = rows / watch.Elapsed.TotalSeconds;
                var bytes = new DirectoryInfo(data).EnumerateFiles().Sum(file => file.Length);
                GC.Collect();
                ResetPeak();
                watch.Restart();
                Read(data, rows);
                var read = rows / watch.Elapsed.TotalSeconds;
                var peak = PeakBytes();
                ResetPeak();
                Train(data);
                var training = PeakBytes();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows,14:N0}{bytes / 1e9,12:F2}{written,16:N0}{read,14:N0}{peak / 1e6,12:N0}{training / 1e6,16:N0}"));
                results.Add(new { Rows = rows, BytesOnDisk = bytes, RowsWrittenPerSecond = written, RowsReadPerSecond = read, PeakResidentBytes = peak, PeakResidentBytesInTraining = training });
            }
            finally
            {
                if (Directory.Exists(data))
                    Directory.Delete(data, recursive: true);
            }
        }

        arguments.Write("streaming", results);
        return 0;
    }

    private static void Write(string folder, long rows)
    {
        using var writer = new TransitionWriter(folder);
        for (var first = 0L; first < rows; first += RowsALog)
        {
            using var scope = NewDisposeScope();
            writer.Append(Log(first, (int)Math.Min(RowsALog, rows - first)));
        }

        writer.Complete();
    }

    // Every row must come, once: the rows' numbers, by 4096, add up.
    private static void Read(string folder, long rows)
    {
        var (count, sum) = (0L, 0.0);
        using var scope = NewDisposeScope();
        foreach (var batch in new TransitionReader(folder, BatchSize, seed: 1).Read())
        {
            count += batch.State.shape[0];
            sum += batch.State.select(1, 0).sum().item<float>();
            scope.DisposeEverything();
        }

        var expected = (rows / 4096 * (4096L * 4095 / 2)) + (rows % 4096 * ((rows % 4096) - 1) / 2);
        if (count != rows || sum != expected)
            throw new InvalidOperationException($"{count} rows of {rows} came, with the sum {sum} for {expected}.");
    }

    // One pass over all rows; a window's rows are in memory while it is learned from.
    private static void Train(string folder)
    {
        var actions = new FusionActions(
            new FusionSection(FusionFormula.WeightedSum, "benchmark", [.. Enumerable.Range(0, 4).Select(i => new ActionDimension($"{i}", 0, 1))]), 4);
        using var learner = new UnifiedRl(actions, 8, 2, new UnifiedRlOptions { CriticWarmUp = 0 });
        foreach (var window in new TransitionReader(folder, BatchSize, seed: 1).Windows(default))
        {
            learner.Use(window);
            for (var update = 0; update < UpdatesAWindow; update++)
                learner.Update();
        }
    }

    private static FusionLog Log(long first, int rows)
    {
        var row = arange(first, first + rows, ScalarType.Int64);
        var step = arange(rows, ScalarType.Int64).remainder(SessionLength);
        var next = where(step.eq(SessionLength - 1), full_like(step, -1), arange(1, rows + 1, ScalarType.Int64));
        next[rows - 1] = -1;
        return new FusionLog
        {
            State = cat([row.remainder(4096).to_type(ScalarType.Float32).unsqueeze(1), randn(rows, 7)], 1),
            Items = rand(rows, 1, 1),
            TaskScores = rand(rows, 1, 4),
            Action = rand(rows, 1, 4),
            Baseline = rand(rows, 1, 4),
            LogDensity = randn(rows, 1),
            Rewards = randn(rows, 2),
            ItemRewards = randn(rows, 1, 2),
            Responses = rand(rows, 1, 1),
            Next = next,
            Session = arange(rows, ScalarType.Int64).div(SessionLength, RoundingMode.floor),
            Step = step,
            LowerBound = full(4, -0.15f),
            UpperBound = full(4, 0.15f),
        };
    }

    // Linux forgets the highest resident size of a process that writes 5 here.
    private static void ResetPeak() => File.WriteAllText("/proc/self/clear_refs", "5");

    private static long PeakBytes() => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture);
}
