using MTRec.Learning.Distributed;
using MTRec.Learning.Fitting;

namespace MTRec.Learning.Fusion;

/// <summary>
/// Progressive training (UnifiedRL, arXiv 2404.17589): learn from what was explored around a baseline; the new policy becomes the baseline whose
/// neighbourhood is explored next. Ours: networks go on where the last round left them, and earlier rounds' logs stay in use, seen as
/// exploration around the newest baseline.
/// </summary>
/// <param name="collect">Collects a log around a policy; the second number is the round, from 0.</param>
/// <param name="rounds">Rounds, 1 or more; the paper has five.</param>
/// <param name="updates">Updates a round.</param>
/// <param name="world">The ranks that the learner shares its batches with, each of which collects the same logs; this process alone where left out.</param>
public sealed class ProgressiveTraining(Func<IActionPolicy, int, FusionLog> collect, int rounds, int updates, World? world = null)
{
    /// <summary>Trains.</summary>
    /// <param name="learner">The learner; it goes on from what it has.</param>
    /// <param name="first">The policy that is served before there is any other.</param>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="progress">Told of the updates; may be null.</param>
    /// <param name="afterUpdate">Told the number of updates so far and the mean Q.</param>
    /// <param name="afterRound">Told each round, from 0, and its policy, which lives no longer than the call.</param>
    /// <param name="cancellation">Ends the training.</param>
    /// <returns>The last round's policy; the caller disposes of it.</returns>
    public IExportablePolicy Run(
        IProgressiveLearner learner,
        IActionPolicy first,
        string stage,
        IProgress<FitProgress>? progress = null,
        Action<int, double>? afterUpdate = null,
        Action<int, IFusionPolicy>? afterRound = null,
        CancellationToken cancellation = default)
    {
        var logs = new List<FusionLog>();
        IExportablePolicy? learned = null;
        try
        {
            for (var round = 0; round < rounds; round++)
            {
                IActionPolicy baseline = learned is null ? first : learned;
                var newest = collect(baseline, round);
                for (var i = 0; i < logs.Count; i++)
                {
                    var older = logs[i];
                    logs[i] = older.Around(baseline);
                    older.Dispose();
                }

                logs.Add(newest);
                using var log = FusionLog.Join(logs);
                learner.Use(log);
                learned?.Dispose();
                learned = null;
                var done = round * updates;
                learned = FusionTraining.Run(
                    learner, updates, $"{stage}, round {round + 1} of {rounds}", progress, (update, q) => afterUpdate?.Invoke(done + update, q), world, cancellation);
                afterRound?.Invoke(round, learned);
            }

            return learned!;
        }
        finally
        {
            logs.ForEach(log => log.Dispose());
        }
    }
}
