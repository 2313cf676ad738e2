using System.Text.Json;
using MTRec.Data;
using MTRec.Inference;
using MTRec.Trainer.Worker.Metrics;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>When cycles begin; whichever comes first.</summary>
/// <param name="Every">After which time; null for never by time.</param>
/// <param name="NewExposures">After how many exposures that came in since the last cycle; null for never by number.</param>
internal sealed record CycleTriggers(TimeSpan? Every, long? NewExposures);

/// <summary>The last cycle: <c>cycle.json</c> of the state.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Exposures">Exposures that had come in by then.</param>
internal sealed record CycleMark(DateTimeOffset At, long Exposures);

/// <summary>Beside the intake: looks at what was published, and turns the cycle by time, by number, or where the file <c>learn-now</c> of the state appears, which is removed when the cycle has ended.</summary>
/// <param name="state">The events.</param>
/// <param name="worker">Registry, name and transitions.</param>
/// <param name="options">How.</param>
/// <param name="triggers">When.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes lines for the operator.</param>
internal sealed class CycleLoop(StateFolder state, WorkerOptions worker, CycleOptions options, CycleTriggers triggers, TimeProvider time, Action<string> say)
{
    /// <summary>A demand's file in the state's folder.</summary>
    public const string Demand = "learn-now";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SwapWatch _watch = new(state, worker, options, time, say);
    private readonly LearningCycle _cycle = new(state, worker, options, time, say);
    private long _looked = -1;
    private string? _failure;

    /// <summary>How the cycles get on.</summary>
    public CycleProgress Progress { get; } = new(time, new DecisionBook(state.Folder).LastAt());

    private string DemandPath => Path.Combine(state.Folder, Demand);

    private string MarkPath => Path.Combine(state.Folder, "cycle.json");

    private long Exposures => state.Commit.Counts.Received.Exposures;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await Task.Run(() => Step(cancellation), cancellation);
                _failure = null;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or DataFormatException or BundleRefusedException)
            {
                Progress.Fail();

                // Said once: it may last.
                if (e.Message != _failure)
                    say($"the cycle: {e.Message}");
                _failure = e.Message;
            }

            await Task.Delay(Pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Does what it is time for.</summary>
    /// <returns>The decision; null where there was nothing to decide.</returns>
    public CycleDecision? Step(CancellationToken cancellation)
    {
        // A look reads the window.
        if (Exposures - _looked >= Math.Max(1, options.FirstLook / 4))
        {
            _looked = Exposures;
            if (_watch.Look() is { } rolledBack)
                return Decided(rolledBack);
        }

        // Who is to be forgotten is erased first, by the intake.
        if (!IsTime() || new ForgottenUsers(state.Commit).PartsToErase.Count > 0)
            return null;
        var (demanded, exposures) = (File.GetLastWriteTimeUtc(DemandPath), Exposures);
        Progress.Begin();
        try
        {
            return Decided(_cycle.Run(measureAnew: false, cancellation));
        }
        finally
        {
            Progress.End();

            // What was interrupted begins again; what failed waits for its next time.
            if (!cancellation.IsCancellationRequested)
            {
                Mark(exposures);
                // A later demand is for another cycle.
                if (File.GetLastWriteTimeUtc(DemandPath) == demanded)
                    File.Delete(DemandPath);
            }
        }
    }

    private CycleDecision Decided(CycleDecision decision)
    {
        Progress.Decide(decision);
        return decision;
    }

    private bool IsTime()
    {
        if (File.Exists(DemandPath))
            return true;
        if (!File.Exists(MarkPath))
            Mark(0);
        var last = JsonSerializer.Deserialize<CycleMark>(File.ReadAllBytes(MarkPath), JsonSerializerOptions.Web) ?? throw new DataFormatException($"{MarkPath}: holds nothing.");
        return (triggers.Every is { } every && time.GetUtcNow() - last.At >= every) || (triggers.NewExposures is { } least && Exposures - last.Exposures >= least);
    }

    private void Mark(long exposures) =>
        DurableFiles.Replace(MarkPath, JsonSerializer.SerializeToUtf8Bytes(new CycleMark(time.GetUtcNow(), exposures), JsonSerializerOptions.Web));
}
