using MTRec.Core.Sessions;
using MTRec.Data.Logs;
using MTRec.Learning.Algorithms.MultiTask;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>Responses to the two reward groups: watch time and the other behaviours.</summary>
/// <param name="WatchScale">Seconds that are a reward of 1.</param>
/// <param name="Behaviours">Reward of click, long view, like, strong positive, hate; hate's is negative.</param>
public sealed record KuaiRandRewards(double WatchScale, IReadOnlyList<float> Behaviours)
{
    /// <summary>Names of the groups.</summary>
    public static readonly string[] Names = ["watchTime", "behaviours"];

    /// <summary>Rewards [.., 2] of responses [.., responses], drawn or expected.</summary>
    public Tensor Of(Tensor responses)
    {
        var behaviours = (responses.narrow(-1, 0, Behaviours.Count) * tensor([.. Behaviours])).sum(-1L, keepdim: true);
        return cat([responses.narrow(-1, Behaviours.Count, 1) * (1 / WatchScale), behaviours], -1);
    }

    /// <summary>
    /// Rewards of the behaviours, weighted by future dwell, then scaled so that over the log both groups' rewards of an impression have one deviation. An
    /// objection costs at least what a like earns: engaged users object more, so that its correlation says nothing of its meaning; our choice.
    /// </summary>
    /// <param name="log">The log.</param>
    /// <param name="correlated">Reward weights of <see cref="BehaviourTask.Default"/> by future dwell.</param>
    /// <param name="watchScale">Seconds that are a reward of 1.</param>
    public static float[] BehaviourWeights(ImpressionLog log, double[] correlated, double watchScale)
    {
        var like = correlated[Index(UserActions.Like)];
        double[] weights = [.. BehaviourTask.Default.Zip(correlated, (task, weight) => task.IsNegative ? Math.Min(weight, -like) : weight)];
        var count = ResponseLayout.Names.Length - 1;
        var watch = new double[log.Count];
        var behaviours = new double[log.Count];
        for (var row = 0; row < log.Count; row++)
        {
            watch[row] = float.IsNaN(log.WatchSeconds[row]) ? 0 : Math.Min(log.WatchSeconds[row], BehaviourTask.MaxWatchSeconds) / watchScale;
            for (var k = 0; k < count; k++)
                behaviours[row] += (log.Actions[row] & BehaviourTask.Default[k].Actions) != 0 ? weights[k] : 0;
        }

        var scale = Deviation(watch) / Math.Max(1e-9, Deviation(behaviours));
        return [.. weights.Take(count).Select(weight => (float)(weight * scale))];

        static int Index(UserActions actions) => BehaviourTask.Default.Index().First(pair => pair.Item.Actions == actions).Index;

        static double Deviation(double[] values)
        {
            var mean = values.Average();
            return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        }
    }
}
