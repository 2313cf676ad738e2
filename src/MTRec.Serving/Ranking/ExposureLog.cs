using MTRec.Core.Events;
using MTRec.Serving.Bundles;
using MTRec.Serving.EventLog;

namespace MTRec.Serving.Ranking;

/// <summary>Writes down what a rank call showed, without making it wait.</summary>
internal sealed class ExposureLog(EventQueue queue, RankMeters meters, TimeProvider time)
{
    private const string EventLogPart = "eventLog";

    /// <summary>Queues the exposure of an answered call. Where there is no room it is counted as dropped, and the answer says so.</summary>
    public void Add(RankCall call, ServedBundle served)
    {
        var size = EventSize.OfExposure(call.Count, served.Names.Tasks.Count, call.ItemIds.Sum(id => (long)id.Length), call.Exploration?.Baseline.Length ?? 0);
        if (!queue.TryReserve(size))
        {
            queue.CountDropped();
            call.Degraded.Add(EventLogPart);
            return;
        }

        var now = time.GetUtcNow();
        queue.Add(
            new ExposureEvent
            {
                Received = now,
                UserId = call.UserId,
                RequestId = call.RequestId!,
                Timestamp = call.Timestamp ?? now,
                Bundle = served.Id,
                Context = call.Inputs.Context.ToArray(),
                User = call.Inputs.User.ToArray(),
                ItemIds = [.. call.ItemIds],
                Scores = call.Inputs.Scores.ToArray(),
                Order = call.Order[..call.AnsweredCount],
                FinalScores = call.Scores[..call.Count],
                Variants = call.Plan.Variants,
                Action = call.FusedByPolicy ? call.Outputs.Action.ToArray() : null,
                Exploration = call.Exploration,
                Degraded = [.. call.Degraded],
            },
            size);
        meters.Exposed(call.Plan.Variants);
    }
}
