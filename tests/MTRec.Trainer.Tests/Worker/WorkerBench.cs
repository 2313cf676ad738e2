using MTRec.Core.Events;
using MTRec.Testing;
using MTRec.Trainer.Worker;
using MTRec.Trainer.Worker.Intake;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Tests.Worker;

/// <summary>Folders of a worker, and the worker's steps in this process.</summary>
internal sealed class WorkerBench : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<string> _bundle;

    public WorkerBench() => _bundle = new(() => TestBundles.Publish(Registry));

    public string Events => Path.Combine(_folder.Path, "events");

    public string State => Path.Combine(_folder.Path, "state");

    public string Registry => Path.Combine(_folder.Path, "registry");

    public string Transitions => Path.Combine(_folder.Path, "transitions");

    public string Bundle => _bundle.Value;

    public int WindowDays { get; init; } = 14;

    public int Parts { get; init; } = 4;

    public string EventFile(string name) => Path.Combine(Events, name);

    /// <summary>Takes in what is there, and erases who is to be forgotten.</summary>
    public async Task<Commit> CatchUpAsync(IEventSource? source = null)
    {
        using var state = await OpenAsync();
        var options = new WorkerOptions { Events = Events, Registry = Registry, State = State, WindowDays = WindowDays, Parts = Parts };
        await using var events = source ?? new FileSource(Events, TimeProvider.System);
        await new EventWorker(state, events, options, TimeProvider.System, _ => { }).CatchUpAsync(CancellationToken.None);
        return state.Commit;
    }

    /// <summary>Takes events in from a file of their own, and writes the transitions.</summary>
    public async Task<TransitionSet> TransitionsOfAsync(IEnumerable<LoggedEvent> events, TransitionOptions? options = null)
    {
        WorkerEvents.Append(EventFile("events-20260131-0001.jsonl"), events);
        await CatchUpAsync();
        return await TransitionsAsync(options);
    }

    /// <summary>Writes the transitions.</summary>
    public async Task<TransitionSet> TransitionsAsync(TransitionOptions? options = null, bool measureAnew = false)
    {
        using var state = await OpenAsync();
        using var bundle = MTRec.Inference.Bundle.Load(Bundle);
        return new WindowTransitions(state, Registry, options ?? new TransitionOptions { LogIsOver = true }).Write(bundle, Transitions, measureAnew);
    }

    public Task<StateFolder> OpenAsync() => StateFolder.OpenAsync(State, Parts, () => { }, CancellationToken.None);

    /// <summary>All events of the state.</summary>
    public async Task<IReadOnlyList<LoggedEvent>> ReadAsync()
    {
        using var state = await OpenAsync();
        using var snapshot = state.Snapshot();
        return [.. new EventWindow(snapshot).Read()];
    }

    public void Dispose() => _folder.Dispose();
}
