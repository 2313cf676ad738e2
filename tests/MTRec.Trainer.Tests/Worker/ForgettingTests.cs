using System.Text;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.Intake;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class ForgettingTests : IDisposable
{
    private const string User = "somebody-to-forget";

    private readonly WorkerBench _bench = new() { Parts = 2 };

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task After_the_cycle_no_byte_of_the_user_is_left_and_everybody_else_is_there()
    {
        LoggedEvent[] others = [.. Enumerable.Range(0, 20).SelectMany(user => Visit($"u-{user}", Start.AddDays(user % 3), 3))];
        Append(_bench.EventFile("e.jsonl"), others);
        for (var day = 0; day < 3; day++)
            Append(_bench.EventFile("e.jsonl"), Visit(User, Start.AddDays(day), 4));
        await _bench.CatchUpAsync();
        using (var set = await _bench.TransitionsAsync())
            Assert.Equal(72, set.Counts.Learned);
        Assert.True(IsAnywhere(User));
        var without = await RowsWithoutAsync(others);

        Append(_bench.EventFile("e.jsonl"), [new ForgetEvent { UserId = User, Received = Start.AddDays(4) }]);
        var commit = await _bench.CatchUpAsync();
        using var after = await _bench.TransitionsAsync();
        using var log = TransitionSet.ReadWhole(after.LearningFolder)!;

        Assert.False(IsAnywhere(User));
        Assert.Equal((1, new EventCounts(12, 12), new EventCounts(72, 72)), (commit.Counts.Forgets, commit.Counts.Forgotten, commit.Counts.Received));
        Assert.Equal(60, after.Counts.Learned);
        Assert.Equal(without, log.Responses.data<float>().ToArray());
    }

    [Fact]
    public async Task Events_on_their_way_are_dropped_too_and_who_comes_back_is_new()
    {
        Append(_bench.EventFile("e.jsonl"), Visit(User, Start, 2));
        Append(_bench.EventFile("e.jsonl"), [new ForgetEvent { UserId = User, Received = Start.AddHours(1) }]);
        await _bench.CatchUpAsync();
        Append(_bench.EventFile("late.jsonl"), Visit(User, Start.AddMinutes(50), 3));
        Append(_bench.EventFile("late.jsonl"), Visit(User, Start.AddHours(2), 1));
        var commit = await _bench.CatchUpAsync();
        using var set = await _bench.TransitionsAsync();
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;

        Assert.Equal((new EventCounts(5, 5), new EventCounts(6, 6)), (commit.Counts.Forgotten, commit.Counts.Received));
        Assert.Equal([0L], log.Step.data<long>().ToArray());
        Assert.Single(commit.Forgotten);

        // The hash itself goes with the window.
        Append(_bench.EventFile("much-later.jsonl"), Visit("u-1", Start.AddDays(20), 1));
        Assert.Empty((await _bench.CatchUpAsync()).Forgotten);
    }

    [Fact]
    public async Task A_snapshot_that_is_being_read_stays_whole_and_is_erased_afterwards()
    {
        Append(_bench.EventFile("e.jsonl"), [.. Visit(User, Start, 2), .. Visit("u-1", Start, 2)]);
        await _bench.CatchUpAsync();
        using var state = await _bench.OpenAsync();
        var intake = new EventIntake(state, new FileSource(_bench.Events, TimeProvider.System), 14, TimeProvider.System);
        var snapshot = state.Snapshot();
        Append(_bench.EventFile("e.jsonl"), [new ForgetEvent { UserId = User, Received = Start.AddHours(1) }]);
        await intake.StepAsync(CancellationToken.None);
        intake.Erase();

        // What began before the deletion may end with what it began with.
        Assert.Equal(8, new EventWindow(snapshot).Read().Count());
        Assert.True(IsAnywhere(User));
        snapshot.Dispose();
        Assert.False(IsAnywhere(User));
        using var next = state.Snapshot();
        Assert.Equal(4, new EventWindow(next).Read().Count());
    }

    [Fact]
    public async Task Nobody_learns_from_a_deleted_user_even_before_the_files_are_written_anew()
    {
        Append(_bench.EventFile("e.jsonl"), [.. Visit(User, Start, 2), .. Visit("u-1", Start, 3), new ForgetEvent { UserId = User, Received = Start.AddHours(1) }]);
        await _bench.CatchUpAsync();
        Append(_bench.EventFile("e.jsonl"), [new ForgetEvent { UserId = "u-1", Received = Start.AddSeconds(40) }, .. Visit("u-2", Start, 1)]);
        using (var state = await _bench.OpenAsync())
            await new EventIntake(state, new FileSource(_bench.Events, TimeProvider.System), 14, TimeProvider.System).StepAsync(CancellationToken.None);

        Assert.True(IsAnywhere("u-1"));
        using var set = await _bench.TransitionsAsync();

        // Of u-1 the last step alone was after the deletion.
        Assert.Equal((2, 2), (set.Counts.Learned, set.Counts.Joined));
        Assert.Equal((new EventCounts(4, 4), new EventCounts(6, 6)), (set.Counts.Intake.Forgotten, set.Counts.Intake.Received));
    }

    private bool IsAnywhere(string user) => Directory.GetFiles(_bench.State, "*", SearchOption.AllDirectories)
        .Concat(Directory.Exists(_bench.Transitions) ? Directory.GetFiles(_bench.Transitions, "*", SearchOption.AllDirectories) : [])
        .Where(path => Path.GetFileName(path) != "lock")
        .Any(path => File.ReadAllBytes(path).AsSpan().IndexOf(Encoding.UTF8.GetBytes(user)) >= 0);

    private static async Task<float[]> RowsWithoutAsync(IEnumerable<LoggedEvent> events)
    {
        using var bench = new WorkerBench { Parts = 2 };
        using var set = await bench.TransitionsOfAsync(events);
        using var log = TransitionSet.ReadWhole(set.LearningFolder)!;
        return log.Responses.data<float>().ToArray();
    }
}
