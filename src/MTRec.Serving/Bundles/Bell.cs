namespace MTRec.Serving.Bundles;

/// <summary>Wakes one waiter. Rings that come while nobody waits are kept as one.</summary>
internal sealed class Bell
{
    private volatile TaskCompletionSource _ring = NewRing();

    /// <summary>Rings.</summary>
    public void Ring() => _ring.TrySetResult();

    /// <summary>Waits for a ring, for <paramref name="longest"/> at most.</summary>
    /// <returns>Whether it has rung.</returns>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellation)
    {
        await _ring.Task.WaitAsync(longest, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (!_ring.Task.IsCompleted)
            return false;
        _ring = NewRing();
        return true;
    }

    private static TaskCompletionSource NewRing() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
