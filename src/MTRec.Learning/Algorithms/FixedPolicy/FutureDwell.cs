using MTRec.Data.Logs;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Evaluation;

namespace MTRec.Learning.Algorithms.FixedPolicy;

/// <summary>
/// How much each behaviour goes with the user's future dwell time: the reward weights of BatchRL-MTF (arXiv 2208.04560) and UnifiedRL
/// (arXiv 2404.17589), which publish the idea but no values.
/// </summary>
/// <remarks>
/// The correlation is over all impressions of all users, so it also sees that engaged users do more of everything. Within a user it comes
/// out negative on short logs, for the arithmetic reason that what is before and after an impression has one sum.
/// </remarks>
public static class FutureDwell
{
    /// <summary>Mean seconds watched of the user's next impressions [rows]; NaN where there is none.</summary>
    /// <param name="log">The log.</param>
    /// <param name="horizon">Impressions looked ahead, 1 or more.</param>
    public static double[] After(ImpressionLog log, int horizon)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        var dwell = new double[log.Count];
        for (var row = 0; row < log.Count; row++)
        {
            double sum = 0, count = 0;
            for (var next = row + 1; next <= row + horizon && next < log.Count && log.User[next] == log.User[row]; next++)
            {
                if (float.IsNaN(log.WatchSeconds[next]))
                    continue;
                sum += Math.Min(log.WatchSeconds[next], BehaviourTask.MaxWatchSeconds);
                count++;
            }

            dwell[row] = count == 0 ? double.NaN : sum / count;
        }

        return dwell;
    }

    /// <summary>Pearson's correlation [K] of each task's behaviour with <see cref="After"/>; 0 where a side is constant.</summary>
    /// <param name="log">The log.</param>
    /// <param name="tasks">The tasks; watch time enters on its learned scale.</param>
    /// <param name="horizon">Impressions looked ahead, 1 or more.</param>
    public static double[] Correlations(ImpressionLog log, IReadOnlyList<BehaviourTask> tasks, int horizon)
    {
        var dwell = After(log, horizon);
        var rows = Enumerable.Range(0, log.Count).Where(row => !double.IsNaN(dwell[row])).ToArray();
        var (values, known) = new TaskTargets(log, tasks).Of(rows);
        var correlations = new double[tasks.Count];
        for (var k = 0; k < tasks.Count; k++)
        {
            var told = Enumerable.Range(0, rows.Length).Where(i => known[(i * tasks.Count) + k] == 1).ToArray();
            var correlation = Spearman.Correlation(
                [.. told.Select(i => (double)values[(i * tasks.Count) + k])], [.. told.Select(i => dwell[rows[i]])]);
            correlations[k] = double.IsNaN(correlation) ? 0 : correlation;
        }

        return correlations;
    }
}
