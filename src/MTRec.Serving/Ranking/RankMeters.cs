using System.Diagnostics.Metrics;
using MTRec.Core.Events;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Ranking;

/// <summary>Measures rank calls.</summary>
internal sealed class RankMeters
{
    private static readonly KeyValuePair<string, object?>[] Stages = [.. StageClock.StageNames.Select(name => KeyValuePair.Create("stage", (object?)name))];

    private readonly Histogram<double> _stages;
    private readonly Histogram<int> _candidates;
    private readonly Counter<long> _degraded;
    private readonly Counter<long> _exposures;
    private readonly Counter<long> _variants;

    /// <summary>Starts at nothing.</summary>
    public RankMeters(IMeterFactory meters)
    {
        var meter = meters.Create(Metering.Meter);
        _stages = meter.CreateHistogram(
            "mtrec.rank.stage.duration", "s", "Time a stage of a rank call took; 'total' is the call, without the reading of the body and the sending of the answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Metering.Durations });
        _candidates = meter.CreateHistogram(
            "mtrec.rank.candidates", "{candidate}", "Candidates of a rank call.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000] });
        _degraded = meter.CreateCounter<long>("mtrec.rank.degraded", "{answer}", "Answers made without a part, by part.");
        _exposures = meter.CreateCounter<long>("mtrec.exposures", "{exposure}", "Rank calls whose exposure was queued for the event log.");
        _variants = meter.CreateCounter<long>("mtrec.experiment.exposures", "{exposure}", "Queued exposures by experiment and variant.");
    }

    /// <summary>Measures an answered call.</summary>
    public void Answered(RankCall call)
    {
        _candidates.Record(call.Count);
        foreach (var part in call.Degraded)
            _degraded.Add(1, KeyValuePair.Create("part", (object?)part));
        for (var i = 0; i < Stages.Length; i++)
        {
            if (call.Clock.SecondsOf(i) is > 0 and var seconds)
                _stages.Record(seconds, Stages[i]);
        }
    }

    /// <summary>Counts a queued exposure.</summary>
    /// <param name="variants">The variants that applied; the configuration bounds their number.</param>
    public void Exposed(IReadOnlyList<ExposureVariant> variants)
    {
        _exposures.Add(1);
        foreach (var variant in variants)
            _variants.Add(1, KeyValuePair.Create("experiment", (object?)variant.Experiment), KeyValuePair.Create("variant", (object?)variant.Variant));
    }
}
