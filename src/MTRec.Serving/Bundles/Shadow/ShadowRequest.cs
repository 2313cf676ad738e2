using System.Buffers;
using MTRec.Core.Sessions;
using MTRec.Serving.Experiments;
using MTRec.Serving.Http;
using MTRec.Serving.Ranking;

namespace MTRec.Serving.Bundles.Shadow;

/// <summary>
/// An answered rank call, as far as another bundle needs it. That bundle may know other names and lay out its features otherwise, so it
/// reads the request anew.
/// </summary>
internal sealed class ShadowRequest : IDisposable
{
    private readonly byte[] _body;
    private readonly int _bodyLength;
    private readonly double[] _scores;
    private readonly int _count;

    /// <summary>Copies what the call will not keep.</summary>
    /// <param name="body">The request.</param>
    /// <param name="call">The call, scored.</param>
    /// <param name="active">The bundle that scored it.</param>
    /// <param name="now">The moment of a request that names none.</param>
    public ShadowRequest(RequestBody body, RankCall call, ServedBundle active, DateTimeOffset now)
    {
        var bytes = body.Bytes.Span;
        _body = ArrayPool<byte>.Shared.Rent(bytes.Length);
        _bodyLength = bytes.Length;
        bytes.CopyTo(_body);
        IsProtobuf = body.Type.IsProtobuf;
        _scores = ArrayPool<double>.Shared.Rent(call.Count);
        _count = call.Count;
        call.Scores.AsSpan(0, _count).CopyTo(_scores);
        Session = call.Session;
        Plan = call.Plan;
        Timestamp = call.Timestamp ?? now;
        Active = active;
        Elapsed = call.Clock.Scoring;
    }

    /// <summary>Whether <see cref="Body"/> is protobuf rather than JSON.</summary>
    public bool IsProtobuf { get; }

    /// <summary>The request's bytes.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, _bodyLength);

    /// <summary>The final scores [N] that were answered.</summary>
    public ReadOnlySpan<double> Scores => _scores.AsSpan(0, _count);

    /// <summary>The session that it was ranked by.</summary>
    public UserSession Session { get; }

    /// <summary>What the experiments asked of it.</summary>
    public RankPlan Plan { get; }

    /// <summary>The moment of the request.</summary>
    public DateTimeOffset Timestamp { get; }

    /// <summary>The bundle that answered.</summary>
    public ServedBundle Active { get; }

    /// <summary>How long it scored.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => Size(_bodyLength, _count);

    /// <summary>Bytes that a request will hold.</summary>
    public static long Size(int bodyLength, int candidates) => bodyLength + ((long)sizeof(double) * candidates);

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_body);
        ArrayPool<double>.Shared.Return(_scores);
    }
}
