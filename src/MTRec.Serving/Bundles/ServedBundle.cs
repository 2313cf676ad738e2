using Microsoft.Extensions.ObjectPool;
using MTRec.Inference;
using MTRec.Serving.Ranking;
using MTRec.Serving.Ranking.Requests;

namespace MTRec.Serving.Bundles;

/// <summary>A bundle with what the service keeps ready for its requests. One request works on one of them from its start to its end.</summary>
internal sealed class ServedBundle(Bundle bundle) : IDisposable
{
    private readonly ObjectPool<RankCall> _calls = new DefaultObjectPoolProvider().Create(new CallPolicy(bundle.Shape));

    /// <summary>The bundle.</summary>
    public Bundle Bundle { get; } = bundle;

    /// <summary>The names in its requests.</summary>
    public RankVocabulary Names { get; } = new(bundle.Manifest, bundle.Assembler.Schema);

    /// <summary>The item features' names, in tensor order.</summary>
    public IReadOnlyList<string> ItemFeatureNames { get; } = [.. bundle.Assembler.Schema.Item.Select(feature => feature.Name)];

    /// <summary>Name and version as the event log has them.</summary>
    public string Id { get; } = $"{bundle.Manifest.Name}/{bundle.Manifest.Version}";

    /// <summary>Takes an empty call from the pool.</summary>
    public RankCall RentCall() => _calls.Get();

    /// <summary>Gives a call back.</summary>
    public void ReturnCall(RankCall call) => _calls.Return(call);

    /// <summary>Ends the service of this bundle; calls that still run end as they would have.</summary>
    public void Dispose()
    {
        (_calls as IDisposable)?.Dispose();
        Bundle.Dispose();
    }

    private sealed class CallPolicy(BundleShape shape) : PooledObjectPolicy<RankCall>
    {
        public override RankCall Create() => new(shape);

        public override bool Return(RankCall obj)
        {
            obj.Reset();
            return true;
        }
    }
}
