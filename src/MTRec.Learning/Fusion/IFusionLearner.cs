using System.Globalization;
using MTRec.Learning.Distributed;
using MTRec.Learning.Fitting;

namespace MTRec.Learning.Fusion;

/// <summary>Learns a fusion policy from a log, update by update.</summary>
public interface IFusionLearner : IDisposable
{
    /// <summary>One step of all networks.</summary>
    /// <returns>The mean of the critics' values of the batch's own actions, in the learner's scale of rewards.</returns>
    double Update();

    /// <summary>The policy as far as it is, a copy; the caller disposes of it.</summary>
    IExportablePolicy Snapshot();
}

/// <summary>A learner that goes on with what it has learned when a new log comes.</summary>
public interface IProgressiveLearner : IFusionLearner
{
    /// <summary>Learns from this log from now on; it must outlive its use.</summary>
    void Use(FusionLog log);

    /// <summary>Its networks and the scale of its rewards, once it has a log: safetensors.</summary>
    byte[] Save();

    /// <summary>Goes on from networks that another learner of the same sizes has saved, instead of anew; to be called before the first log.</summary>
    /// <exception cref="ArgumentException">They are of other sizes.</exception>
    void GoOn(byte[] saved);
}

/// <summary>Runs learners.</summary>
public static class FusionTraining
{
    private const int Report = 100;

    /// <summary>Runs a number of updates.</summary>
    /// <param name="learner">The learner.</param>
    /// <param name="updates">How many.</param>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="progress">Told of the updates; may be null.</param>
    /// <param name="afterUpdate">Told the number of updates so far and the mean Q.</param>
    /// <param name="world">The ranks that the learner shares its batches with; this process alone where left out.</param>
    /// <param name="cancellation">Ends the learning.</param>
    /// <returns>The policy; the caller disposes of it.</returns>
    /// <exception cref="ArithmeticException">The critics' values are not finite.</exception>
    public static IExportablePolicy Run(
        IFusionLearner learner,
        int updates,
        string stage,
        IProgress<FitProgress>? progress = null,
        Action<int, double>? afterUpdate = null,
        World? world = null,
        CancellationToken cancellation = default)
    {
        using var threads = (world ?? World.Alone).ShareThreads();
        for (var update = 1; update <= updates; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            var q = learner.Update();
            if (!double.IsFinite(q))
                throw new ArithmeticException($"{stage}: the critics' values are not finite after {update} updates.");
            if (update % Report == 0)
                progress?.Report(new FitProgress(stage, update / (double)updates, string.Create(CultureInfo.InvariantCulture, $"mean Q {q:F3}")));
            afterUpdate?.Invoke(update, q);
        }

        return learner.Snapshot();
    }
}
