using System.Collections.Immutable;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;

namespace MTRec.Learning.Pipelines;

/// <summary>What users did before a log: the logs before it, one after the other.</summary>
public static class EarlierEvents
{
    /// <summary>Appends a log to what was before it.</summary>
    public static IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> After(
        IReadOnlyDictionary<string, ImmutableArray<SessionEvent>> before, ImpressionLog log)
    {
        var events = before.ToDictionary(StringComparer.Ordinal);
        var starts = log.UserStarts();
        for (var user = 0; user < log.Users.Count; user++)
        {
            var own = Enumerable.Range(starts[user], starts[user + 1] - starts[user]).Select(log.Event);
            events[log.Users[user]] = [.. events.GetValueOrDefault(log.Users[user], []), .. own];
        }

        return events;
    }
}
