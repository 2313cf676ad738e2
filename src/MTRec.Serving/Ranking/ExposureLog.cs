using MTRec.Serving.Bundles;
using MTRec.Serving.EventLog;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking;

/// <summary>Writes down what a rank call showed, without making it wait.</summary>
internal sealed class ExposureLog(EventQueue queue, RankMeters meters, TimeProvider time)
{
    private const string EventLogPart = "eventLog";

    /// <summary>Queues the exposure of an answered call. Where there is no room it is counted as dropped, and the answer says so.</summary>
    public void Add(RankCall call, ServedBundle served)
    {
        var now = time.GetUtcNow();
        var json = new PooledBuffer(EventSize.OfJson(call.Count, served.Names.Tasks.Count));
        ExposureJson.Write(json, call, served, now);
        var size = EventSize.BesideJson + json.Capacity;
        if (!queue.TryReserve(size))
        {
            json.Dispose();
            queue.CountDropped();
            call.Degraded.Add(EventLogPart);
            return;
        }

        queue.Add(new WrittenEvent { Received = now, UserId = call.UserId, Json = json }, size);
        meters.Exposed(call.Plan.Variants);
    }
}
