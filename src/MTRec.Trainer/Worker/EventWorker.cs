using System.Globalization;
using MTRec.Trainer.Worker.Intake;
using MTRec.Trainer.Worker.Metrics;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker;

/// <summary>Takes events in until it is told to end. A source that is out of reach, or a disk that refuses, is tried again.</summary>
/// <param name="state">The state.</param>
/// <param name="source">The source.</param>
/// <param name="options">How.</param>
/// <param name="time">The clock.</param>
/// <param name="say">Takes lines for the operator.</param>
internal sealed class EventWorker(StateFolder state, IEventSource source, WorkerOptions options, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SayEvery = TimeSpan.FromSeconds(10);

    // Erasing reads whole parts of the window: deletions of some time are erased together, and no more than a tenth of the time goes into it.
    private static readonly TimeSpan EraseEvery = TimeSpan.FromMinutes(1);
    private const int ErasePause = 10;

    private readonly EventIntake _intake = new(state, source, options.WindowDays, time);

    /// <summary>How it gets on.</summary>
    public IntakeProgress Progress { get; } = new(time);

    /// <summary>Takes in what is there, then erases what was forgotten.</summary>
    /// <exception cref="IOException">The source is out of reach, or the disk refuses.</exception>
    /// <exception cref="StateRefusedException">The source belongs to another state.</exception>
    public async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (await _intake.StepAsync(cancellation) > 0)
        {
            // The next batch.
        }

        _intake.Erase();
        Say();
    }

    /// <summary>Takes events in until cancelled; every step that was begun is committed then.</summary>
    /// <exception cref="StateRefusedException">The source belongs to another state.</exception>
    public async Task FollowAsync(CancellationToken cancellation)
    {
        var (pause, eraseEvery) = (Pause, EraseEvery);
        var (said, erased) = (time.GetTimestamp(), time.GetTimestamp());
        var saidEntries = -1L;
        while (!cancellation.IsCancellationRequested)
        {
            var taken = 0;
            try
            {
                var now = time.GetUtcNow();
                taken = await _intake.StepAsync(cancellation);
                Progress.Step(taken, state.Commit.Newest);
                if (taken == 0)
                    state.ReadToEnd = now;
                if (time.GetElapsedTime(erased) >= eraseEvery)
                {
                    var begun = time.GetTimestamp();
                    _intake.Erase();
                    erased = time.GetTimestamp();
                    eraseEvery = TimeSpan.FromTicks(Math.Max(EraseEvery.Ticks, ErasePause * time.GetElapsedTime(begun, erased).Ticks));
                }

                pause = Pause;
            }
            catch (IOException e)
            {
                Progress.Fail();
                pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks));
                say(string.Create(CultureInfo.InvariantCulture, $"{e.Message} Tried again in {pause.TotalSeconds:F1} s."));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                break;
            }

            if (time.GetElapsedTime(said) >= SayEvery && state.Commit.Counts.Entries != saidEntries)
            {
                Say();
                (said, saidEntries) = (time.GetTimestamp(), state.Commit.Counts.Entries);
            }

            if (taken == 0)
                await Task.Delay(pause, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        Say();
    }

    private void Say() => say($"committed: {state.Commit.Counts}");
}
