using MTRec.Data;
using MTRec.Inference;
using MTRec.Learning.Fusion;
using MTRec.Learning.Streaming;
using MTRec.Simulation.KuaiRand;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>
/// The window of a state as transitions to learn from for a bundle: shards on disk (deploy/SHARDS.md), made anew each time, with one part of the users
/// in memory. What they are made by is measured at the first time for a layout, and kept in <c>measured-KEY.json</c> of the state.
/// </summary>
/// <param name="state">The state.</param>
/// <param name="registry">The registry's folder.</param>
/// <param name="options">How.</param>
internal sealed class WindowTransitions(StateFolder state, string registry, TransitionOptions options)
{
    // Rows that are made at once.
    private const int Rows = 2048;

    /// <summary>Writes the transitions.</summary>
    /// <param name="bundle">The bundle that is learned for.</param>
    /// <param name="folder">Made anew; what was there is deleted.</param>
    /// <param name="measureAnew">Whether statistics and reward weights are measured on this window, whatever was before. Columns then mean something else: networks must start anew.</param>
    /// <param name="keptBack">Told of every session that is kept apart, in the order of its rows.</param>
    /// <param name="learning">Told of every other session, likewise.</param>
    /// <param name="cancellation">Ends the work between two users.</param>
    /// <returns>What was written; the caller disposes of it.</returns>
    /// <exception cref="DataFormatException">What was measured is damaged.</exception>
    /// <exception cref="IOException">The disk refuses.</exception>
    public TransitionSet Write(Bundle bundle, string folder, bool measureAnew = false, Action<IReadOnlyList<ReplayedStep>>? keptBack = null, Action<IReadOnlyList<ReplayedStep>>? learning = null, CancellationToken cancellation = default)
    {
        using var snapshot = state.Snapshot();
        var window = new EventWindow(snapshot);
        var replay = new ReplayedWindow(window, options, new ExposureFaults(registry, bundle.Manifest, options).Of);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var (before, from) = (Path.Combine(folder, TransitionSet.Before), Path.Combine(folder, TransitionSet.From));
        Directory.CreateDirectory(before);
        Directory.CreateDirectory(from);

        var path = Path.Combine(state.Folder, $"measured-{SchemaKey.Of(bundle.Manifest)}.json");
        var measured = measureAnew ? null : MeasuredWindow.Read(path);
        if (measured is null && window.Newest is { } newest)
        {
            measured = MeasuredWindow.Of(replay.Sessions(new TransitionCounts(), cancellation), bundle, options, newest);
            measured?.Write(path);
        }

        measured = measured?.Weighed(options.BehavioursWeight);
        var counts = new TransitionCounts();
        using var older = new TransitionWriter(before, options.RowsPerShard);
        using var newer = new TransitionWriter(from, options.RowsPerShard);
        var made = measured is null ? null : new FusionState(bundle.Assembler.Schema, measured.State);
        var rewards = measured is null ? null : new KuaiRandRewards(measured.WatchScale, measured.Behaviours);
        using var skew = new StateSkew(bundle, options.CompareEvery, counts);
        var learned = new Pending(older);
        var kept = new Pending(newer);
        foreach (var session in replay.Sessions(counts, cancellation))
        {
            var isKept = (options.NewestFrom is { } moment && session[0].Exposure.Received >= moment) || options.KeepsBack?.Invoke(session[0].Exposure.UserId) == true;
            (isKept ? kept : learned).Add(session, Make);
            (isKept ? keptBack : learning)?.Invoke(session);
            foreach (var step in session)
                skew.Look(step);
            counts.Learned += session.Count;
            counts.Explored += session.Count(step => step.Exposure.Exploration is not null);
        }

        learned.Flush(Make);
        kept.Flush(Make);
        counts.Check();
        return new TransitionSet(folder, older.Complete(), newer.Complete(), made, rewards, counts);

        FusionLog Make(IReadOnlyList<IReadOnlyList<ReplayedStep>> sessions) => new TransitionRows(bundle, made!, rewards!, options).Of(sessions);
    }

    /// <summary>Sessions on their way to a writer.</summary>
    private sealed class Pending(TransitionWriter writer)
    {
        private readonly List<IReadOnlyList<ReplayedStep>> _sessions = [];
        private int _rows;

        public void Add(IReadOnlyList<ReplayedStep> session, Func<IReadOnlyList<IReadOnlyList<ReplayedStep>>, FusionLog> make)
        {
            _sessions.Add(session);
            _rows += session.Count;
            if (_rows >= Rows)
                Flush(make);
        }

        public void Flush(Func<IReadOnlyList<IReadOnlyList<ReplayedStep>>, FusionLog> make)
        {
            if (_sessions.Count == 0)
                return;
            using var log = make(_sessions);
            writer.Append(log);
            _sessions.Clear();
            _rows = 0;
        }
    }
}

/// <summary>Transitions on disk.</summary>
/// <param name="Folder">Holds the folders <c>learning</c> and <c>newest</c>, each for a <see cref="TransitionReader"/>.</param>
/// <param name="Learning">Shards of the sessions before <see cref="TransitionOptions.NewestFrom"/>, of users who are not kept back.</param>
/// <param name="Newest">Shards of the sessions from there on and of users who are kept back; none where nothing is kept apart.</param>
/// <param name="State">What made the states, and exports them into a policy's graph; null where nothing could be measured yet: then there are no rows.</param>
/// <param name="Rewards">What responses are worth; null likewise.</param>
/// <param name="Counts">What became of every event of the window.</param>
internal sealed record TransitionSet(
    string Folder, ShardManifest Learning, ShardManifest Newest, FusionState? State, KuaiRandRewards? Rewards, TransitionCounts Counts) : IDisposable
{
    internal const string Before = "learning";
    internal const string From = "newest";

    /// <summary>The folder of <see cref="Learning"/>.</summary>
    public string LearningFolder => Path.Combine(Folder, Before);

    /// <summary>Reads a folder whole, where memory allows.</summary>
    /// <returns>The log; the caller disposes of it. Null where it has no rows.</returns>
    public static FusionLog? ReadWhole(string folder)
    {
        var reader = new TransitionReader(folder, 1, 0, window: int.MaxValue);
        if (reader.Manifest.Rows == 0)
            return null;
        using var windows = reader.Windows(new StreamPosition(0, 0)).GetEnumerator();
        return windows.MoveNext() ? FusionLog.Join([windows.Current]) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => State?.Dispose();
}
