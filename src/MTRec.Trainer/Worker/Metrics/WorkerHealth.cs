namespace MTRec.Trainer.Worker.Metrics;

/// <summary>Whether the worker works: it has the state, and has read the log not long ago. While another worker has the state it is alive and not ready.</summary>
/// <param name="time">The clock.</param>
internal sealed class WorkerHealth(TimeProvider time)
{
    // Some tries of a log that is out of reach.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private volatile IntakeProgress? _intake;

    /// <summary>Why it is not ready; null where it is.</summary>
    public string? Fault => _intake is not { } intake ? "another worker has the state, or it is being opened."
        : intake.Stepped is not { } stepped ? "the event log was not read yet."
        : time.GetUtcNow() - stepped > Patience ? $"the event log was last read at {stepped:u}."
        : null;

    /// <summary>The intake begins.</summary>
    public void Begin(IntakeProgress intake) => _intake = intake;
}
