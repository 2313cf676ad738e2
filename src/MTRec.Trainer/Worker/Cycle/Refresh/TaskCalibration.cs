using MTRec.Core.Tasks;
using MTRec.Learning.Evaluation;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Whether task scores mean what they say: of every binary task the expected calibration error, and the mean score over the share of users' responses.</summary>
/// <param name="tasks">The tasks [K].</param>
/// <param name="bootstrap">The resampling of users.</param>
internal sealed class TaskCalibration(IReadOnlyList<TaskDefinition> tasks, UserBootstrap bootstrap)
{
    /// <summary>The figures.</summary>
    /// <param name="shown">What came of it.</param>
    /// <param name="scores">[rows, K].</param>
    /// <param name="suffix">Ends the figures' names.</param>
    public IEnumerable<ComparedFigure> Of(ShownImpressions shown, float[] scores, string suffix)
    {
        if (shown.Count == 0)
            yield break;
        var outcomes = TaskOutcomes.Of(tasks);
        for (var k = 0; k < tasks.Count; k++)
        {
            if (outcomes[k] is not { IsWatchTime: false } task)
                continue;
            var (predicted, did) = (BundleAnswers.Column(scores, k, tasks.Count), shown.Did(task.Actions));
            yield return new ComparedFigure($"calibrationError.{task.Name}{suffix}", Calibration.ExpectedErrorByUser(predicted, did, shown.Users, bootstrap), shown.Count, shown.Count);
            yield return new ComparedFigure($"calibrationRatio.{task.Name}{suffix}", Calibration.RatioByUser(predicted, did, shown.Users, bootstrap), shown.Count, shown.Count);
        }
    }
}
