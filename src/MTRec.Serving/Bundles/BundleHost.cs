using MTRec.Inference;
using MTRec.Serving.Http;

namespace MTRec.Serving.Bundles;

/// <summary>The bundles in service, for requests.</summary>
internal sealed class BundleHost : IDisposable
{
    private static readonly TimeSpan LoadingTime = TimeSpan.FromSeconds(2);

    private BundleSnapshot _snapshot = BundleSnapshot.Empty;

    /// <summary>The bundles in service now.</summary>
    public BundleSnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>The active bundle; null until one is loaded and warm.</summary>
    public ServedBundle? Current => Snapshot.Active;

    /// <summary>Takes hold of the active bundle, which stays alive until the hold is disposed, whatever is put into service meanwhile.</summary>
    /// <exception cref="RefusedException">None is loaded yet: 503.</exception>
    public BundleHold Hold() => HoldOf(version: null);

    /// <summary>
    /// Takes hold of the bundle of <paramref name="version"/>, or of the active one where that version cannot be served: then
    /// <see cref="BundleHold.FellBack"/> is set. Versions are loaded while they are wanted: <see cref="WantedBundles"/>.
    /// </summary>
    /// <exception cref="RefusedException">None is loaded yet: 503.</exception>
    public BundleHold Hold(string version) => HoldOf(version);

    /// <summary>Puts other bundles into service. Those that are in it no longer are freed when their last request has ended.</summary>
    public void Serve(BundleSnapshot next)
    {
        var before = Interlocked.Exchange(ref _snapshot, next);
        foreach (var retired in before.All.Except(next.All))
            retired.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Serve(BundleSnapshot.Empty);

    private BundleHold HoldOf(string? version)
    {
        // A bundle is retired only after the snapshot that held it: where it cannot be leased, there is a newer snapshot.
        while (Snapshot is { Active: { } active } snapshot)
        {
            var named = version is null ? active : snapshot.Find(version);
            var served = named ?? active;
            if (served.Bundle.TryLease() is { } lease)
                return new BundleHold(served, lease, FellBack: named is null);
        }

        throw new RefusedException(Problem.Unavailable("No bundle is in service yet.", LoadingTime));
    }
}

/// <summary>One request's hold on the bundle that it began with.</summary>
/// <param name="Served">The bundle.</param>
/// <param name="Lease">Keeps it alive.</param>
/// <param name="FellBack">Another version was asked for, which cannot be served: this is the active one.</param>
internal readonly record struct BundleHold(ServedBundle Served, BundleLease Lease, bool FellBack) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Lease.Dispose();
}
