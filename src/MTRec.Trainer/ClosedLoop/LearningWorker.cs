using System.Diagnostics;
using MTRec.Trainer.Worker.Cycle;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>The worker that learns from what the users did, by the files of its state.</summary>
/// <param name="state">The state's folder.</param>
/// <param name="joinWindow">The worker's join window: before it is over, it takes no session for ended.</param>
internal sealed class LearningWorker(string state, TimeSpan joinWindow)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Events are on their way to the worker for a moment.
    private static readonly TimeSpan Arrival = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestCycle = TimeSpan.FromMinutes(10);

    /// <summary>Demands a cycle and waits for its end, ten minutes at most. A worker that is killed meanwhile finds the demand again when it is back.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public async Task LearnAsync(CancellationToken cancellation)
    {
        await Task.Delay(joinWindow + Arrival, cancellation);
        var demand = Path.Combine(state, CycleLoop.Demand);
        await File.WriteAllBytesAsync(demand, [], cancellation);
        var began = Stopwatch.GetTimestamp();
        while (File.Exists(demand) && Stopwatch.GetElapsedTime(began) < LongestCycle)
            await Task.Delay(Pause, cancellation);
    }

    /// <summary>Its decisions so far, the oldest first.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public IReadOnlyList<CycleDecision> Decisions() => new DecisionBook(state).Read();
}
