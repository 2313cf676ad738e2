using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Bundles.Shadow;

/// <summary>What is known of one shadow beside one active bundle. Thread safe.</summary>
/// <param name="pair">The two.</param>
internal sealed class ShadowComparison(ShadowPair pair)
{
    // Enough for a 99th percentile.
    private const int KeptDurations = 1024;

    private readonly Lock _gate = new();
    private readonly double[] _activeSeconds = new double[KeptDurations];
    private readonly double[] _shadowSeconds = new double[KeptDurations];
    private Mean _correlation;
    private Mean _overlap;
    private Mean _difference;
    private long _compared;
    private long _dropped;
    private long _failed;

    /// <summary>The two.</summary>
    public ShadowPair Pair { get; } = pair;

    /// <summary>Adds a request that both have scored.</summary>
    public void Add(in OrderComparison comparison, TimeSpan activeElapsed, TimeSpan shadowElapsed)
    {
        lock (_gate)
        {
            _activeSeconds[_compared % KeptDurations] = activeElapsed.TotalSeconds;
            _shadowSeconds[_compared % KeptDurations] = shadowElapsed.TotalSeconds;
            _compared++;
            if (!double.IsNaN(comparison.RankCorrelation))
                _correlation.Add(comparison.RankCorrelation);
            _overlap.Add(comparison.TopOverlap);
            _difference.Add(comparison.ScoreDifference);
        }
    }

    /// <summary>Counts a request for which there was no time.</summary>
    public void Drop() => Interlocked.Increment(ref _dropped);

    /// <summary>Counts a request that the shadow could not score.</summary>
    /// <returns>Whether it was the first.</returns>
    public bool Fail() => Interlocked.Increment(ref _failed) == 1;

    /// <summary>The figures so far.</summary>
    /// <param name="share">Share of the requests that is sampled.</param>
    /// <param name="top">Candidates at the top whose overlap is measured.</param>
    public ShadowAnswer ToAnswer(double share, int top)
    {
        lock (_gate)
        {
            var kept = (int)Math.Min(_compared, KeptDurations);
            return new ShadowAnswer(
                Pair.Shadow,
                Pair.Active,
                share,
                _compared,
                Interlocked.Read(ref _dropped),
                Interlocked.Read(ref _failed),
                _correlation.Value,
                top,
                _overlap.Value,
                _difference.Value,
                Durations(_activeSeconds.AsSpan(0, kept)),
                Durations(_shadowSeconds.AsSpan(0, kept)));
        }
    }

    private static ShadowDurations? Durations(ReadOnlySpan<double> seconds)
    {
        if (seconds.IsEmpty)
            return null;
        var sorted = seconds.ToArray();
        Array.Sort(sorted);
        return new ShadowDurations(1000 * sorted[(sorted.Length - 1) / 2], 1000 * sorted[(sorted.Length - 1) * 99 / 100]);
    }

    private struct Mean
    {
        private double _sum;
        private long _count;

        public readonly double? Value => _count > 0 ? _sum / _count : null;

        public void Add(double value)
        {
            _sum += value;
            _count++;
        }
    }
}

/// <summary>Two bundles that are compared.</summary>
/// <param name="Active">Version of the one that answers.</param>
/// <param name="ActiveDigest">Its digest.</param>
/// <param name="Shadow">Version of the other.</param>
/// <param name="ShadowDigest">Its digest.</param>
internal sealed record ShadowPair(string Active, string ActiveDigest, string Shadow, string ShadowDigest)
{
    /// <summary>The pair of two loaded bundles; keeps neither alive.</summary>
    public static ShadowPair Of(ServedBundle active, ServedBundle shadow) =>
        new(active.Version, active.Bundle.Digest, shadow.Version, shadow.Bundle.Digest);
}
