using System.Diagnostics.Metrics;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Bundles.Shadow;

/// <summary>Measures the shadow beside the active bundle.</summary>
internal sealed class ShadowMeters
{
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _correlation;
    private readonly Histogram<double> _overlap;
    private readonly Histogram<double> _difference;
    private readonly Histogram<double> _duration;

    /// <summary>Measures the requests of <paramref name="queue"/>.</summary>
    public ShadowMeters(IMeterFactory meters, ShadowQueue queue)
    {
        var meter = meters.Create(Metering.Meter);
        _requests = meter.CreateCounter<long>("mtrec.shadow.requests", "{request}", "Requests sampled for the shadow bundle, by outcome: compared, dropped, failed.");
        _correlation = Histogram(
            "mtrec.shadow.rank_correlation", "1", "Spearman's rho of the shadow's and the active bundle's scores of one request.",
            [-0.5, 0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999]);
        _overlap = Histogram(
            "mtrec.shadow.top_overlap", "1", "Share of a request's first candidates that are among the shadow's first.",
            [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
        _difference = Histogram(
            "mtrec.shadow.score_difference", "1", "Mean absolute difference of one request's scores.",
            [0.0001, 0.001, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]);
        _duration = Histogram("mtrec.shadow.duration", "s", "Time to score a sampled request, by role: active, shadow.", Metering.Durations);
        meter.CreateObservableGauge("mtrec.shadow.waiting", () => queue.Count, "{request}", "Requests that wait for the shadow bundle.");

        Histogram<double> Histogram(string name, string unit, string description, IReadOnlyList<double> bounds) =>
            meter.CreateHistogram(name, unit, description, advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
    }

    /// <summary>Measures a request that both have scored.</summary>
    public void Compared(in OrderComparison comparison, TimeSpan active, TimeSpan shadow)
    {
        Count("compared");
        if (!double.IsNaN(comparison.RankCorrelation))
            _correlation.Record(comparison.RankCorrelation);
        _overlap.Record(comparison.TopOverlap);
        _difference.Record(comparison.ScoreDifference);
        _duration.Record(active.TotalSeconds, KeyValuePair.Create("role", (object?)"active"));
        _duration.Record(shadow.TotalSeconds, KeyValuePair.Create("role", (object?)"shadow"));
    }

    /// <summary>Counts a request for which there was no time.</summary>
    public void Dropped() => Count("dropped");

    /// <summary>Counts a request that the shadow could not score.</summary>
    public void Failed() => Count("failed");

    private void Count(string outcome) => _requests.Add(1, KeyValuePair.Create("outcome", (object?)outcome));
}
