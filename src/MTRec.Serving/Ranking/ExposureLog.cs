using MTRec.Serving.Bundles;
using MTRec.Serving.EventLog;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking;

/// <summary>Writes down what a rank call showed; the call waits for that where it is so configured, and never for long.</summary>
internal sealed class ExposureLog(EventQueue queue, RankMeters meters, RankGate gate, TimeProvider time)
{
    private const string EventLogPart = "eventLog";

    /// <summary>
    /// Queues the exposure of a call that is about to be answered. Where there is no room it is counted as dropped; then, or where it is not written within the budget
    /// of a call that waits for that, the answer says so.
    /// </summary>
    public async ValueTask AddAsync(RankCall call, ServedBundle served)
    {
        var now = time.GetUtcNow();
        var json = new PooledBuffer(EventSize.OfJson(call.Count, served.Names.Tasks.Length));
        ExposureJson.Write(json, call, served, now);
        var size = EventSize.BesideJson + json.Capacity;
        if (!queue.TryReserve(size))
        {
            json.Dispose();
            queue.CountDropped();
            call.Degraded.Add(EventLogPart);
            return;
        }

        var written = queue.Add(new WrittenEvent { Received = now, UserId = call.UserId, Json = json }, size);
        meters.Exposed(call.Plan.Variants);
        if (!queue.IsAwaited)
            return;
        // Who waits for the log keeps no processor busy.
        gate.Leave();
        var isKept = await queue.IsKeptAsync(written);
        gate.Return();
        if (!isKept)
            call.Degraded.Add(EventLogPart);
    }
}
