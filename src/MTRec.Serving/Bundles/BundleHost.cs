using MTRec.Inference;
using MTRec.Serving.Http;

namespace MTRec.Serving.Bundles;

/// <summary>The bundle in service.</summary>
internal sealed class BundleHost : IDisposable
{
    private static readonly TimeSpan LoadingTime = TimeSpan.FromSeconds(2);

    private ServedBundle? _current;

    /// <summary>The bundle in service; null until one is loaded and warm.</summary>
    public ServedBundle? Current => Volatile.Read(ref _current);

    /// <summary>Takes hold of the bundle in service, which stays alive until the hold is disposed, whatever is put into service meanwhile.</summary>
    /// <exception cref="RefusedException">None is loaded yet: 503.</exception>
    public BundleHold Hold()
    {
        while (Current is { } served)
        {
            if (served.Bundle.TryLease() is { } lease)
                return new BundleHold(served, lease);
        }

        throw new RefusedException(Problem.Unavailable("No bundle is in service yet.", LoadingTime));
    }

    /// <summary>Puts a warm bundle into service.</summary>
    public void Serve(ServedBundle next) => Interlocked.Exchange(ref _current, next)?.Dispose();

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _current, null)?.Dispose();
}

/// <summary>One request's hold on the bundle that it began with.</summary>
internal readonly record struct BundleHold(ServedBundle Served, BundleLease Lease) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Lease.Dispose();
}
