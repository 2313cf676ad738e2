namespace MTRec.Serving.Bundles.Shadow;

/// <summary>Requests that wait for the shadow: a bounded number, of bounded bytes in all. Any threads add, one takes.</summary>
internal sealed class ShadowQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<ShadowRequest> _requests = new();
    private readonly SemaphoreSlim _there = new(0);
    private int _count;
    private long _bytes;

    /// <summary>Requests that wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <summary>Takes room for one request, which must then be added.</summary>
    /// <returns>Whether there was any.</returns>
    public bool TryReserve(long bytes, ShadowOptions limits)
    {
        lock (_gate)
        {
            if (_count >= limits.MaxWaiting || _bytes + bytes > limits.MaxWaitingBytes)
                return false;
            _count++;
            _bytes += bytes;
            return true;
        }
    }

    /// <summary>Adds a request into room taken before.</summary>
    public void Add(ShadowRequest request)
    {
        lock (_gate)
            _requests.Enqueue(request);
        _there.Release();
    }

    /// <summary>Waits for the next request; whoever takes it disposes it.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public ShadowRequest Take(CancellationToken cancellation)
    {
        _there.Wait(cancellation);
        lock (_gate)
        {
            var request = _requests.Dequeue();
            _count--;
            _bytes -= request.Bytes;
            return request;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _there.Dispose();
}
