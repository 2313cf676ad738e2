using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace MTRec.Benchmarks;

/// <summary>
/// Updates a second of every learner beside the same update in Python PyTorch: the same libtorch, threads and sizes. Both sides run in turns, so
/// that a busy machine slows both; the ratio is the median over the rounds.
/// </summary>
internal static class LearningBenchmark
{
    private const double SecondsARound = 0.4;

    public static int Run(Arguments arguments)
    {
        var rounds = arguments.Number("--rounds", 7);
        var threads = arguments.Number("--threads", 1);
        var part = arguments.Text("--case", "");
        var clock = arguments.Text("--clock", "wall");
        set_num_threads(threads);
        using var python = new PythonUpdates();
        var results = new List<object>();
        Console.WriteLine($"{"update",-24}{"reference in Python",-30}{"ours/s",12}{"Python/s",12}{"ratio",8}{"range",14}");
        foreach (var learner in Learners.All.Where(learner => learner.Name.Contains(part, StringComparison.Ordinal)))
        {
            manual_seed(1);
            using var ours = learner.Build();
            foreach (var reference in learner.References)
            {
                var (our, their, ratios) = Race(ours, python, reference, learner, rounds, threads, clock);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{learner.Name,-24}{reference,-30}{our,12:F1}{their,12:F1}{Median(ratios),8:F2}{$"{ratios.Min():F2} - {ratios.Max():F2}",14}"));
                results.Add(new { learner.Name, Reference = reference, OursPerSecond = our, PythonPerSecond = their, Ratio = Median(ratios), Ratios = ratios });
            }
        }

        arguments.Write("learning", new { Threads = threads, Rounds = rounds, Clock = clock, Updates = results });
        return 0;
    }

    private static (double Ours, double Theirs, double[] Ratios) Race(RunningLearner ours, PythonUpdates python, string reference, LearnerCase learner, int rounds, int threads, string clock)
    {
        // Warm-up; the slower side decides how many updates make a round.
        Ours(5);
        Theirs(5);
        var slower = Math.Max(Ours(10), Theirs(10)) / 10;
        var updates = Math.Clamp((int)(SecondsARound / slower), 5, 5000);
        var our = new double[rounds];
        var their = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            our[round] = updates / Ours(updates);
            their[round] = updates / Theirs(updates);
        }

        return (Median(our), Median(their), [.. our.Zip(their, (a, b) => a / b)]);

        double Ours(int count) => Time(ours, count, clock);

        double Theirs(int count) => python.Run(reference, learner.Sizes, count, threads, clock);
    }

    private static double Time(RunningLearner learner, int updates, string clock)
    {
        var begin = Now();
        learner.Update(updates);
        return (Now() - begin).TotalSeconds;

        TimeSpan Now() => clock == "cpu" ? Environment.CpuUsage.TotalTime : Stopwatch.GetElapsedTime(0);
    }

    private static double Median(double[] values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
