using System.Diagnostics.Metrics;
using MTRec.Serving.Items;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Operations.Telemetry;

/// <summary>Shows how much this process remembers.</summary>
internal sealed class StoreMeters(IMeterFactory meters, ISessionStore sessions, ItemStore items)
{
    /// <summary>Begins to show it.</summary>
    public void Show()
    {
        var meter = meters.Create(Metering.Meter);
        meter.CreateObservableGauge("mtrec.items", () => items.Count, "{item}", "Items that callers have put.");
        if (sessions is not InProcessSessionStore inProcess)
            return;
        meter.CreateObservableGauge("mtrec.sessions.users", () => inProcess.Users, "{user}", "Users whose session this process remembers.");
        meter.CreateObservableGauge("mtrec.sessions.bytes", () => inProcess.Bytes, "By", "Estimated bytes of their sessions.");
    }
}
