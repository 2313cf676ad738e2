using MTRec.Core.Bundles;
using MTRec.Core.Features;

namespace MTRec.Inference;

/// <summary>
/// A verified bundle, ready to score. Whoever holds a <see cref="BundleLease"/> may go on using it after
/// <see cref="Dispose"/>: the graphs' memory is freed when the last lease is returned. So a bundle can be swapped under load.
/// </summary>
public sealed class Bundle : IDisposable
{
    private readonly GraphSession[] _graphs;
    private int _leases = 1;
    private int _disposed;

    internal Bundle(
        string directory, BundleManifest manifest, string digest, ItemTable items, GraphSession policy, GraphSession? mentalReward, GraphSession? taskScores)
    {
        Directory = directory;
        Manifest = manifest;
        Digest = digest;
        Items = items;
        Assembler = new FeatureAssembler(manifest.Schema());
        Shape = new BundleShape(manifest, Assembler);
        HasMentalReward = mentalReward is not null;
        HasTaskScores = taskScores is not null;
        _graphs = [.. new[] { policy, mentalReward, taskScores }.OfType<GraphSession>()];
        Scorer = new BundleScorer(this, policy, mentalReward, taskScores);
    }

    /// <summary>The folder it was loaded from.</summary>
    public string Directory { get; }

    /// <summary>What the bundle says of itself, checked.</summary>
    public BundleManifest Manifest { get; }

    /// <summary>SHA-256 of the manifest, which holds those of the files.</summary>
    public string Digest { get; }

    /// <summary>Writes features in the bundle's layout.</summary>
    public FeatureAssembler Assembler { get; }

    /// <summary>The items that the bundle knows; empty where it has no table.</summary>
    public ItemTable Items { get; }

    /// <summary>The sizes of the tensors of a request.</summary>
    public BundleShape Shape { get; }

    /// <summary>Runs the graphs.</summary>
    public BundleScorer Scorer { get; }

    /// <summary>Whether candidates may come without task scores.</summary>
    public bool HasTaskScores { get; }

    /// <summary>Whether the bundle estimates the mental reward.</summary>
    public bool HasMentalReward { get; }

    /// <summary>
    /// Loads and verifies a bundle: manifest, files, hashes, the graphs' inputs and outputs, the item table, and a probe run.
    /// </summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="afterStep">Is called after every part of the work, of a few milliseconds at most where the bundle is small.</param>
    /// <exception cref="BundleRefusedException">The bundle must not serve; every reason names the file or the manifest's member.</exception>
    public static Bundle Load(string directory, Action? afterStep = null) => BundleLoader.Load(directory, afterStep ?? (static () => { }));

    /// <summary>Keeps the graphs alive until the lease is disposed.</summary>
    /// <returns>The lease, or null where the bundle is already disposed: take the one that replaced it.</returns>
    public BundleLease? TryLease()
    {
        for (var leases = Volatile.Read(ref _leases); leases > 0;)
        {
            var seen = Interlocked.CompareExchange(ref _leases, leases + 1, leases);
            if (seen == leases)
                return new BundleLease(this);
            leases = seen;
        }

        return null;
    }

    /// <summary>Frees the graphs once no lease is left.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Return();
    }

    /// <exception cref="ObjectDisposedException">The bundle is disposed.</exception>
    internal BundleLease Lease() => TryLease() ?? throw new ObjectDisposedException(nameof(Bundle));

    internal void Return()
    {
        if (Interlocked.Decrement(ref _leases) > 0)
            return;
        foreach (var graph in _graphs)
            graph.Dispose();
    }
}

/// <summary>One user's hold on a bundle.</summary>
public sealed class BundleLease : IDisposable
{
    private Bundle? _bundle;

    internal BundleLease(Bundle bundle) => _bundle = bundle;

    /// <summary>The bundle.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public Bundle Bundle => _bundle ?? throw new ObjectDisposedException(nameof(BundleLease));

    /// <summary>Returns the lease.</summary>
    public void Dispose() => Interlocked.Exchange(ref _bundle, null)?.Return();
}
