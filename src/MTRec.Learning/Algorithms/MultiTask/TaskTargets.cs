using MTRec.Core.Sessions;
using MTRec.Core.Tasks;
using MTRec.Data.Logs;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>One thing that the upstream model predicts of an impression.</summary>
/// <param name="Name">The task's name.</param>
/// <param name="Actions">The task is done where the user did any of these; none stands for the watch time.</param>
public sealed record BehaviourTask(string Name, UserActions Actions)
{
    /// <summary>Longest watch time that is told apart, in seconds; our choice, as in xMTF's simulator.</summary>
    public const float MaxWatchSeconds = 400;

    /// <summary>Click, long view, like, strong positive, hate, watch time: the rare strong positives are one task.</summary>
    public static IReadOnlyList<BehaviourTask> Default { get; } =
    [
        new("click", UserActions.Click),
        new("longView", UserActions.LongView),
        new("like", UserActions.Like),
        new("strongPositive", UserActionNames.StrongPositive),
        new("hate", UserActions.Hate),
        new("watchTime", UserActions.None),
    ];

    /// <summary>The wide behaviours of MFH's paper: each rare one by itself.</summary>
    public static IReadOnlyList<BehaviourTask> Wide { get; } =
    [
        new("click", UserActions.Click),
        new("longView", UserActions.LongView),
        new("like", UserActions.Like),
        new("follow", UserActions.Follow),
        new("comment", UserActions.Comment),
        new("forward", UserActions.Forward),
        new("watchTime", UserActions.None),
    ];

    /// <summary>Whether it is the watch time, in seconds; else it is a probability.</summary>
    public bool IsWatchTime => Actions == UserActions.None;

    /// <summary>Whether the user objects by it: a policy must never promote it.</summary>
    public bool IsNegative => (Actions & (UserActions.Hate | UserActions.Report)) != 0;

    /// <summary>The task as the bundle's manifest describes it.</summary>
    /// <param name="mean">Mean score on the training log.</param>
    public TaskDefinition Definition(float mean) => IsWatchTime
        ? new TaskDefinition(Name, 0, MaxWatchSeconds, mean, "seconds")
        : new TaskDefinition(Name, 0, 1, mean, "probability");
}

/// <summary>
/// What the tasks' scores should have been: values in [0, 1] and whether the log tells them. The watch time is learned on a bounded
/// logarithmic scale, ln(1 + w) / ln(1 + 400): its tail would rule any loss in seconds.
/// </summary>
public sealed class TaskTargets
{
    private static readonly float LogMaxWatch = MathF.Log(1 + BehaviourTask.MaxWatchSeconds);

    private readonly float[] _values;
    private readonly float[] _known;

    /// <summary>Reads a log's targets.</summary>
    public TaskTargets(ImpressionLog log, IReadOnlyList<BehaviourTask> tasks)
    {
        Tasks = tasks;
        _values = new float[log.Count * tasks.Count];
        _known = new float[log.Count * tasks.Count];
        for (var row = 0; row < log.Count; row++)
        {
            for (var k = 0; k < tasks.Count; k++)
            {
                var place = (row * tasks.Count) + k;
                var known = tasks[k].IsWatchTime ? !float.IsNaN(log.WatchSeconds[row]) : (log.Recorded[row] & tasks[k].Actions) != 0;
                _known[place] = known ? 1 : 0;
                if (known)
                    _values[place] = tasks[k].IsWatchTime ? FromSeconds(log.WatchSeconds[row]) : (log.Actions[row] & tasks[k].Actions) != 0 ? 1 : 0;
            }
        }
    }

    /// <summary>The tasks, in the order of the columns.</summary>
    public IReadOnlyList<BehaviourTask> Tasks { get; }

    /// <summary>Seconds on the learned scale, in [0, 1].</summary>
    public static float FromSeconds(float seconds) => MathF.Log(1 + Math.Clamp(seconds, 0, BehaviourTask.MaxWatchSeconds)) / LogMaxWatch;

    /// <summary>The factor by which a value on the learned scale is the logarithm of 1 + seconds.</summary>
    public static float SecondsScale => LogMaxWatch;

    /// <summary>The targets of some rows [rows, K] and whether each is known, row by row.</summary>
    public (float[] Values, float[] Known) Of(ReadOnlySpan<int> rows)
    {
        var values = new float[rows.Length * Tasks.Count];
        var known = new float[rows.Length * Tasks.Count];
        for (var i = 0; i < rows.Length; i++)
        {
            _values.AsSpan(rows[i] * Tasks.Count, Tasks.Count).CopyTo(values.AsSpan(i * Tasks.Count));
            _known.AsSpan(rows[i] * Tasks.Count, Tasks.Count).CopyTo(known.AsSpan(i * Tasks.Count));
        }

        return (values, known);
    }

    /// <summary>Mean of each task's known values [K], kept within (0, 1).</summary>
    public float[] Means() => [.. Enumerable.Range(0, Tasks.Count).Select(Mean)];

    private float Mean(int task)
    {
        double sum = 0, known = 0;
        for (var place = task; place < _values.Length; place += Tasks.Count)
        {
            sum += _values[place];
            known += _known[place];
        }

        // A task that never happens, or always, is still possible.
        return (float)((sum + 0.5) / (known + 1));
    }
}
