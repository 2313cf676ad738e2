using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class WorkerProcessTests : IDisposable
{
    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Kill_9_in_the_middle_again_and_again_loses_nothing_and_doubles_nothing()
    {
        // Two replicas that write all the time, with a damaged line in every chunk.
        const int Kills = 12, Steps = 25;
        var random = new Random(7);
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            var chunks = 0;
            for (; !enough.IsCancellationRequested; chunks++)
            {
                Append(_bench.EventFile($"replica-{chunks % 2}/events-20260131-{chunks / 100:D4}.jsonl"), [.. Lines(Visit($"u-{chunks}", Start.AddSeconds(chunks), Steps)), .. "damaged\n"u8]);
                await Task.Delay(3);
            }

            return chunks;
        });
        for (var (kill, before) = (0, 0L); kill < Kills; kill++, before = Entries())
        {
            using var worker = StartWorker();
            await Eventually.TrueAsync(() => Entries() > before, worker);
            await Task.Delay(random.Next(100));
            worker.Signal("KILL");
            await worker.EndAsync();
        }

        await enough.CancelAsync();
        var chunks = await writing;
        var commit = await _bench.CatchUpAsync();

        Assert.Equal(new EventCounts(chunks * Steps, chunks * Steps), commit.Counts.Received);
        Assert.Equal((chunks, 0), (commit.Counts.Damaged, commit.Counts.Missed));
        using var state = await _bench.OpenAsync();
        using var snapshot = state.Snapshot();
        var window = new EventWindow(snapshot);
        var parts = Enumerable.Range(0, window.Parts).Select(window.Read).ToArray();
        Assert.All(parts, part => Assert.Equal((default, default), (part.Duplicates, part.Damaged)));
        Assert.Equal(2 * chunks * Steps, parts.Sum(part => part.Events.Count));
    }

    [Fact]
    public async Task A_second_worker_waits_and_takes_over_when_the_first_is_killed()
    {
        Append(_bench.EventFile("e.jsonl"), Visit("u-1", Start, 5));
        using var first = StartWorker();
        await Eventually.TrueAsync(() => Entries() == 10, first);
        using var second = StartWorker();
        await Eventually.TrueAsync(() => second.Error.Contains("another worker has the state", StringComparison.Ordinal), second);

        Append(_bench.EventFile("e.jsonl"), Visit("u-2", Start, 5));
        await Eventually.TrueAsync(() => Entries() == 20, first);
        first.Signal("KILL");
        await first.EndAsync();
        Append(_bench.EventFile("e.jsonl"), Visit("u-3", Start, 5));
        await Eventually.TrueAsync(() => Entries() == 30, second);

        second.Signal("TERM");
        Assert.Equal(0, await second.EndAsync());
        Assert.Contains("committed: entries 30,", second.Error, StringComparison.Ordinal);
        Assert.Equal(new EventCounts(15, 15), (await _bench.CatchUpAsync()).Counts.Received);
    }

    [Fact]
    public async Task Once_writes_the_transitions_and_says_what_became_of_every_exposure()
    {
        Append(_bench.EventFile("e.jsonl"), [.. Visit("u-1", Start, 5), Exposure("u-2", "r", Start, "other/1")]);
        Assert.NotEmpty(_bench.Bundle);

        var run = await Mtrec.RunAsync([.. Arguments(), "--once"]);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            """
            exposures received 6 = learned from 5 (explored 5) + damaged 0 + duplicate 0 + other bundle 1 + not by the policy 0 + other shape 0 + short list 0 + waiting 0 + out of the window 0 + forgotten 0 + lost 0
            feedback received 5 = joined 5 + late 0 + of exposures not learned from 0 + of no exposure 0 + duplicate or damaged 0 + out of the window 0 + forgotten 0 + lost 0
            states compared with what the service saw 0, another 0

            """,
            run.Output);
        using var log = TransitionSet.ReadWhole(Path.Combine(_bench.State, "transitions", "learning"));
        Assert.Equal(5, log!.Count);
    }

    [PythonFact]
    public async Task Other_programs_read_the_shards()
    {
        using var set = await _bench.TransitionsOfAsync(Visit("u-1", Start, 3));
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;
        var script = Path.Combine(SharedData.RepositoryRoot, "tests", "MTRec.Trainer.Tests", "Worker", "read_shard.py");
        using var python = RunningProcess.Start("python3", script, set.LearningFolder);
        var code = await python.EndAsync();

        Assert.True(code == 0, python.Said);
        Assert.Equal($"3 rows; state [3, {set.State!.StateWidth}]; next [1, 2, -1]; log_density [-1.5, -1.5, -1.5]; action {-0.4f:F1}", python.Output.Trim());
    }

    [Fact]
    public async Task A_state_in_the_folder_of_events_is_wrong_usage()
    {
        var run = await Mtrec.RunAsync("worker", "--events", _bench.Events, "--registry", _bench.Registry, "--state", Path.Combine(_bench.Events, "state"));

        Assert.Equal(2, run.ExitCode);
    }

    private string[] Arguments() => ["worker", "--events", _bench.Events, "--registry", _bench.Registry, "--state", _bench.State, "--parts", $"{_bench.Parts}"];

    private RunningProcess StartWorker() => Mtrec.Start(Arguments());

    // The commit is replaced by renaming: it is whole whenever it is read.
    private long Entries()
    {
        var path = Path.Combine(_bench.State, "commit");
        return File.Exists(path) ? Commit.Parse(File.ReadAllBytes(path), path).Counts.Entries : 0;
    }
}
