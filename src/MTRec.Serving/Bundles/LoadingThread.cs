using System.Collections.Concurrent;

namespace MTRec.Serving.Bundles;

/// <summary>
/// The one thread on which bundles are loaded, verified and warmed, one after the other. The C library gives each thread a part of its heap: bundles
/// that were loaded on any thread of a pool would come to lie in all parts, none of which could be returned whole.
/// </summary>
internal sealed class LoadingThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <summary>Starts it.</summary>
    public LoadingThread()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "bundles" };
        _thread.Start();
    }

    /// <summary>Runs <paramref name="work"/> when its turn comes.</summary>
    /// <exception cref="InvalidOperationException">The service has ended.</exception>
    public Task<T> RunAsync<T>(Func<T> work)
    {
        // Whoever waits must not go on here.
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try
            {
                result.SetResult(work());
            }
#pragma warning disable CA1031 // It is whoever waits that it concerns.
            catch (Exception e)
#pragma warning restore CA1031
            {
                result.SetException(e);
            }
        });
        return result.Task;
    }

    /// <summary>Ends it after the work that was asked for.</summary>
    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private void Run()
    {
        foreach (var work in _work.GetConsumingEnumerable())
            work();
    }
}
