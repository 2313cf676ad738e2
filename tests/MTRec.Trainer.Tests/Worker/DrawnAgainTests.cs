using MTRec.Inference;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Testing;
using MTRec.Trainer.Worker.Cycle;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Further actions of logged exposures, to learn from.</summary>
public sealed class DrawnAgainTests
{
    private const int Pairs = 2;

    [Fact]
    public async Task Each_exposure_stands_with_its_own_action_and_with_pairs_of_opposite_ones()
    {
        using var bench = new WorkerBench();
        var (log, wider) = await LogsAsync(bench, 1);
        using (log)
        using (wider)
        {
            var rows = log.Count;
            Assert.Equal((1 + (2 * Pairs)) * rows, wider.Count);
            Assert.Equal(log.Action.Floats(), Part(wider.Action, 0));
            Assert.Equal(log.Rewards.Floats(), Part(wider.Rewards, 0));
            Assert.Equal(log.State.Floats(), Part(wider.State, 2));
            for (var pair = 0; pair < Pairs; pair++)
            {
                var (one, other) = (Part(wider.Action, 1 + (2 * pair)), Part(wider.Action, 2 + (2 * pair)));
                var middles = one.Zip(other, (a, b) => (a + b) / 2).ToArray();
                for (var i = 0; i < middles.Length; i++)
                    Assert.Equal(i % 3 == 0 ? -0.6f : i % 3 == 1 ? -0.2f : 0.2f, middles[i], 4);
                Assert.InRange(one.Zip(other, (a, b) => Math.Abs(a - b)).Max(), 0.25f, 0.3001f);
            }

            // Sessions stay sessions.
            Assert.Equal(log.Next.Longs().Count(next => next < 0) * (1 + (2 * Pairs)), wider.Next.Longs().Count(next => next < 0));

            float[] Part(Tensor column, int copy) => column.narrow(0, copy * rows, rows).contiguous().Floats();
        }
    }

    [Fact]
    public async Task They_say_the_same_of_an_actions_effect_with_a_fraction_of_the_noise()
    {
        const int Logs = 10;
        var (alone, together) = (new double[Logs], new double[Logs]);
        for (var i = 0; i < Logs; i++)
        {
            using var bench = new WorkerBench();
            var (log, wider) = await LogsAsync(bench, 1 + (100 * i));
            using (log)
            using (wider)
                (alone[i], together[i]) = (Slope(log), Slope(wider));
        }

        Assert.True(Deviation(together) < 0.5 * Deviation(alone), $"{Deviation(together)} {Deviation(alone)}");
        Assert.InRange(together.Average() - alone.Average(), -3 * Deviation(alone) / Math.Sqrt(Logs), 3 * Deviation(alone) / Math.Sqrt(Logs));
        Assert.True(together.Average() > 4 * Deviation(together) / Math.Sqrt(Logs), $"{together.Average()}");
    }

    [Fact]
    public async Task Learned_from_is_what_the_serving_policy_ranked_where_there_is_enough_of_it()
    {
        using var bench = new WorkerBench();
        using var bundle = Bundle.Load(bench.Bundle);
        TestBundles.Publish(bench.Registry, version: "0", created: bundle.Manifest.Created.AddDays(-1));
        var others = CycleTests.Users(40, version: "0").Concat(CycleTests.Users(30, from: 40)).Concat(CycleTests.Users(20, version: "0", from: 70));
        WorkerEvents.Append(bench.EventFile("events-20260131-0001.jsonl"), others);
        await bench.CatchUpAsync();
        var round = new NewestRound(bundle.Manifest, 1, new RankedBy(bench.Registry), list: 1);
        using var state = await bench.OpenAsync();
        using var set = new WindowTransitions(state, bench.Registry, new TransitionOptions { LogIsOver = true }).Write(bundle, bench.Transitions, learning: round.Add);
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;

        Assert.Equal(90 * 5, log.Count);
        Assert.Null(round.Of(log, 151));
        using var newest = round.Of(log, 150)!;
        Assert.Equal(3 * 150, newest.Count);
        Assert.Equal(3 * 30, newest.Next.Longs().Count(next => next < 0));
        var next = newest.Next.Longs();
        var steps = newest.Step.Longs();
        Assert.All(Enumerable.Range(0, next.Length).Where(row => next[row] >= 0), row => Assert.Equal((row + 1, steps[row] + 1), (next[row], steps[next[row]])));

        // Whose sessions they are is told by what was watched.
        var kept = log.Rewards.Floats().Chunk(2).Select(reward => (reward[0], reward[1])).ToHashSet();
        Assert.Subset(kept, newest.Rewards.narrow(0, 0, 150).contiguous().Floats().Chunk(2).Select(reward => (reward[0], reward[1])).ToHashSet());
    }

    // Of the reward in the first dimension, which is the one that these users care for.
    private static double Slope(FusionLog log)
    {
        using var scope = NewDisposeScope();
        var action = log.Action.select(-1, 0).squeeze(1);
        var away = action - action.mean();
        return ((away * log.Rewards.sum(1L)).sum() / away.square().sum()).item<float>();
    }

    private static double Deviation(double[] values) => Math.Sqrt(values.Sum(value => Math.Pow(value - values.Average(), 2)) / (values.Length - 1));

    private static async Task<(FusionLog Log, FusionLog Wider)> LogsAsync(WorkerBench bench, int from)
    {
        WorkerEvents.Append(bench.EventFile("events-20260131-0001.jsonl"), CycleTests.Users(100, from: from));
        using var bundle = Bundle.Load(bench.Bundle);
        await bench.CatchUpAsync();
        var drawn = new DrawnAgain(new FusionActions(bundle.Manifest.Fusion, bundle.Manifest.Tasks.Count), new RankedBy(bench.Registry), list: 1, Pairs);
        using var state = await bench.OpenAsync();
        using var set = new WindowTransitions(state, bench.Registry, new TransitionOptions { LogIsOver = true, Behaviours = [0.1f, 0.3f, 0.5f, 1, -1] })
            .Write(bundle, bench.Transitions, learning: drawn.Add);
        var log = TransitionSet.ReadWhole(set.LearningFolder)!;
        return (log, drawn.With(log));
    }
}
