using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Learning.Algorithms.MultiTask;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>Which response shows that a bundle's task was done.</summary>
internal static class TaskOutcomes
{
    private const string Probability = "probability";

    /// <summary>The tasks as behaviours [K]; null for a task that feedback does not tell of by its name and range.</summary>
    public static IReadOnlyList<BehaviourTask?> Of(IReadOnlyList<TaskDefinition> tasks) => [.. tasks.Select(Of)];

    private static BehaviourTask? Of(TaskDefinition task)
    {
        var known = BehaviourTask.Default.Concat(BehaviourTask.Wide).FirstOrDefault(behaviour => behaviour.Name == task.Name)
            ?? (UserActionNames.TryParse(task.Name, out var action) ? new BehaviourTask(task.Name, action) : null);
        return known is not null && (task.Min, task.Max) == (0, known.IsWatchTime ? BehaviourTask.MaxWatchSeconds : 1) && known.IsWatchTime == (task.Unit != Probability) ? known : null;
    }
}
