using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;

namespace MTRec.Data.Trajectories;

/// <summary>
/// Cuts a log into trajectories. Every row belongs to exactly one; they come in the order of the log.
/// </summary>
/// <remarks>
/// By convention a session ends with a pause of 30 minutes. KuaiRand-Pure keeps only impressions of a pool of 7,583 videos, so that such
/// a session has 1.2 of them on average and hardly any transition; take the whole user (<see cref="ByUser"/>) or the day
/// (<see cref="ByDay"/>) for that set.
/// </remarks>
public static class TrajectoryCutter
{
    /// <summary>The pause that ends a session by convention.</summary>
    public static TimeSpan DefaultGap { get; } = TimeSpan.FromMinutes(30);

    /// <summary>One trajectory a user.</summary>
    public static IReadOnlyList<Trajectory> ByUser(ImpressionLog log) => Cut(log, _ => false);

    /// <summary>Cuts a user's rows where the pause since the row before is longer than <paramref name="gap"/>.</summary>
    /// <param name="log">The log.</param>
    /// <param name="gap">Zero or longer; <see cref="DefaultGap"/> by convention.</param>
    public static IReadOnlyList<Trajectory> ByGap(ImpressionLog log, TimeSpan gap)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(gap, TimeSpan.Zero);
        var longest = (long)gap.TotalMilliseconds;
        return Cut(log, row => log.TimestampMs[row] - log.TimestampMs[row - 1] > longest);
    }

    /// <summary>
    /// Cuts a user's rows at midnight of <see cref="KuaiRandClock"/>. The time decides, not the log's date, which may run ahead of it.
    /// </summary>
    public static IReadOnlyList<Trajectory> ByDay(ImpressionLog log) =>
        Cut(log, row => KuaiRandClock.Local(log.TimestampMs[row]).Date != KuaiRandClock.Local(log.TimestampMs[row - 1]).Date);

    private static List<Trajectory> Cut(ImpressionLog log, Func<int, bool> startsAnew)
    {
        var trajectories = new List<Trajectory>();
        var start = 0;
        for (var row = 1; row <= log.Count; row++)
        {
            if (row < log.Count && log.User[row] == log.User[start] && !startsAnew(row))
                continue;
            trajectories.Add(new Trajectory(log.User[start], start, row));
            start = row;
        }

        return trajectories;
    }
}
