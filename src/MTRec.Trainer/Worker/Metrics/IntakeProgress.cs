namespace MTRec.Trainer.Worker.Metrics;

/// <summary>How the intake gets on. One thread writes, others read.</summary>
/// <param name="time">The clock.</param>
internal sealed class IntakeProgress(TimeProvider time)
{
    private long _steppedTicks;
    private long _lagTicks;
    private long _failures;

    /// <summary>When the log was last read without a fault; null where it never was.</summary>
    public DateTimeOffset? Stepped => Interlocked.Read(ref _steppedTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>How old the newest event of the last batch was when it was committed; 0 where all is read.</summary>
    public TimeSpan Lag => TimeSpan.FromTicks(Interlocked.Read(ref _lagTicks));

    /// <summary>Steps that failed and were tried again.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>A step is done.</summary>
    /// <param name="taken">Entries taken in.</param>
    /// <param name="newest">When the window's newest event was received.</param>
    public void Step(int taken, DateTimeOffset? newest)
    {
        var now = time.GetUtcNow();
        Interlocked.Exchange(ref _steppedTicks, now.UtcTicks);
        Interlocked.Exchange(ref _lagTicks, taken > 0 && newest is { } at ? Math.Max(0, (now - at).Ticks) : 0);
    }

    /// <summary>A step has failed.</summary>
    public void Fail() => Interlocked.Increment(ref _failures);
}
