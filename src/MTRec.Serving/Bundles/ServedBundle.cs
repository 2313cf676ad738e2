using System.Collections.Concurrent;
using MTRec.Inference;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;

namespace MTRec.Serving.Bundles;

/// <summary>A bundle with what the service keeps ready for its requests. One request works on one of them from its start to its end.</summary>
internal sealed class ServedBundle(Bundle bundle) : IDisposable
{
    // Calls wait for their sessions, so that more are on their way than run.
    private static readonly int PooledCalls = Math.Max(32, 4 * Environment.ProcessorCount);

    private readonly ConcurrentQueue<RankCall> _calls = new();

    // The call that was given back last goes out first: its tensors are still in the processor's cache.
    private RankCall? _warm;
    private volatile bool _retired;

    /// <summary>The bundle.</summary>
    public Bundle Bundle { get; } = bundle;

    /// <summary>The names in its requests.</summary>
    public RankVocabulary Names { get; } = new(bundle.Manifest, bundle.Assembler.Schema);

    /// <summary>The item features' names, in tensor order.</summary>
    public IReadOnlyList<string> ItemFeatureNames { get; } = [.. bundle.Assembler.Schema.Item.Select(feature => feature.Name)];

    /// <summary>Name and version as the event log has them.</summary>
    public string Id { get; } = $"{bundle.Manifest.Name}/{bundle.Manifest.Version}";

    /// <summary>The version.</summary>
    public string Version => Bundle.Manifest.Version;

    /// <summary>Takes an empty call from the pool. Whoever holds the bundle may do so even after it is retired.</summary>
    public RankCall RentCall() => Interlocked.Exchange(ref _warm, null) ?? (_calls.TryDequeue(out var call) ? call : new RankCall(Bundle.Shape));

    /// <summary>Gives a call back.</summary>
    public void ReturnCall(RankCall call)
    {
        call.Reset();
        if (Interlocked.Exchange(ref _warm, call) is { } colder)
        {
            if (_calls.Count < PooledCalls)
                _calls.Enqueue(colder);
            else
                colder.Dispose();
        }

        if (_retired)
            EmptyPool();
    }

    /// <summary>Ends the service of this bundle; calls that still run end as they would have.</summary>
    public void Dispose()
    {
        _retired = true;
        EmptyPool();
        Bundle.Dispose();
    }

    private void EmptyPool()
    {
        Interlocked.Exchange(ref _warm, null)?.Dispose();
        while (_calls.TryDequeue(out var call))
            call.Dispose();
    }
}
