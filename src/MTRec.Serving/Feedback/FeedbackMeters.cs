using System.Diagnostics.Metrics;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Feedback;

/// <summary>Counts feedback.</summary>
internal sealed class FeedbackMeters
{
    private readonly Counter<long> _events;

    /// <summary>Starts at nothing.</summary>
    public FeedbackMeters(IMeterFactory meters) =>
        _events = meters.Create(Metering.Meter).CreateCounter<long>("mtrec.feedback.events", "{event}", "Feedback events by result: accepted, duplicate, rejected.");

    /// <summary>Counts an answered call.</summary>
    public void Answered(int accepted, int duplicates, int rejected)
    {
        Count("accepted", accepted);
        Count("duplicate", duplicates);
        Count("rejected", rejected);
    }

    private void Count(string result, int events)
    {
        if (events > 0)
            _events.Add(events, KeyValuePair.Create("result", (object?)result));
    }
}
