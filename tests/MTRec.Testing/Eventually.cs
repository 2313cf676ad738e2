using System.Diagnostics;

namespace MTRec.Testing;

/// <summary>Waits for what another thread or process is to bring about.</summary>
public static class Eventually
{
    // Only a failure takes that long, and other tests may have the machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Asks until the condition holds; fails after two minutes.</summary>
    /// <param name="condition">Whether it has come about.</param>
    /// <param name="otherwise">What the failure says.</param>
    /// <param name="pause">Between one time and the next; 20 milliseconds where left out.</param>
    /// <exception cref="TimeoutException">It did not come about.</exception>
    public static Task TrueAsync(Func<bool> condition, Func<string> otherwise, TimeSpan? pause = null) =>
        TrueAsync(() => Task.FromResult(condition()), otherwise, pause);

    /// <inheritdoc cref="TrueAsync(Func{bool}, Func{string}, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, Func<string> otherwise, TimeSpan? pause = null) =>
        TrueAsync(condition, () => Task.FromResult(otherwise()), pause);

    /// <inheritdoc cref="TrueAsync(Func{bool}, Func{string}, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, Func<Task<string>> otherwise, TimeSpan? pause = null) =>
        AskAsync(condition, () => false, otherwise, pause);

    /// <summary>Asks until the condition holds; fails after two minutes, or when the process has ended, with what it has said.</summary>
    /// <param name="condition">Whether it has come about.</param>
    /// <param name="process">Who is to bring it about.</param>
    /// <param name="pause">Between one time and the next; 20 milliseconds where left out.</param>
    /// <exception cref="TimeoutException">It did not come about.</exception>
    public static Task TrueAsync(Func<bool> condition, RunningProcess process, TimeSpan? pause = null) =>
        TrueAsync(() => Task.FromResult(condition()), process, pause);

    /// <inheritdoc cref="TrueAsync(Func{bool}, RunningProcess, TimeSpan?)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, RunningProcess process, TimeSpan? pause = null) => AskAsync(
        condition,
        () => process.HasEnded,
        () => Task.FromResult($"{(process.HasEnded ? "The process has ended" : "It did not come about")}:\n{process.Said}"),
        pause);

    private static async Task AskAsync(Func<Task<bool>> condition, Func<bool> isHopeless, Func<Task<string>> otherwise, TimeSpan? pause)
    {
        for (var watch = Stopwatch.StartNew(); !await condition(); await Task.Delay(pause ?? TimeSpan.FromMilliseconds(20)))
        {
            if (isHopeless() || watch.Elapsed > Patience)
                throw new TimeoutException(await otherwise());
        }
    }
}
