using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Learning.Algorithms.MultiTask;

namespace MTRec.Learning.Algorithms.FixedPolicy;

/// <summary>A policy that acts alike on every request.</summary>
/// <param name="Fusion">The formula and its action's ranges.</param>
/// <param name="Action">The action in real units.</param>
public sealed record FixedPolicy(FusionSection Fusion, IReadOnlyList<float> Action)
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "fixed";

    /// <summary>
    /// Reward weights [K] of correlations with future dwell time: 0 where the sign is against the task's meaning, since engaged users do more of
    /// everything and chance does the rest. A policy must neither promote what users hate nor demote what they like; our choice.
    /// </summary>
    public static double[] RewardWeights(IReadOnlyList<BehaviourTask> tasks, IReadOnlyList<double> correlations) =>
        [.. tasks.Zip(correlations, (task, correlation) => task.IsNegative ? Math.Min(0, correlation) : Math.Max(0, correlation))];

    /// <summary>
    /// Makes the action of a formula from reward weights: every task k contributes g_k(o_k) times w_k / std(g_k(o_k)), so that the spread of its
    /// contribution over the training log is its reward weight. g is o for the weighted sum, ln(o + m) for log-sum and power-product, with the
    /// prior or bias m the task's mean score; our mapping.
    /// </summary>
    /// <param name="formula">The formula.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="rewardWeights">One a task [K].</param>
    /// <param name="negative">Whether each task is an objection [K]: its dimension's range ends at 0, those of the others start there.</param>
    /// <param name="scores">Task scores of the training log [rows, K] in the tasks' units, row by row.</param>
    public static FixedPolicy FromRewardWeights(
        FusionFormula formula,
        IReadOnlyList<TaskDefinition> tasks,
        IReadOnlyList<double> rewardWeights,
        IReadOnlyList<bool> negative,
        ReadOnlySpan<float> scores)
    {
        var weights = new float[tasks.Count];
        var means = new float[tasks.Count];
        var ranges = new ActionDimension[tasks.Count];
        var names = Fuser.ActionNames(formula, [.. tasks.Select(task => task.Name)]);
        var typical = rewardWeights.Average(Math.Abs);
        for (var k = 0; k < tasks.Count; k++)
        {
            var column = new double[scores.Length / tasks.Count];
            for (var row = 0; row < column.Length; row++)
                column[row] = tasks[k].Normalise(scores[(row * tasks.Count) + k]);
            means[k] = (float)Math.Max(column.Average(), Fuser.Floor);
            if (formula != FusionFormula.WeightedSum)
            {
                for (var row = 0; row < column.Length; row++)
                    column[row] = Math.Log(column[row] + means[k]);
            }

            var deviation = Deviation(column);
            weights[k] = deviation > 0 ? (float)(rewardWeights[k] / deviation) : 0;

            // Room for a learned policy: from nothing to twice the weight, or twice a typical one.
            var reach = deviation > 0 ? (float)(2 * Math.Max(Math.Abs(rewardWeights[k]), typical) / deviation) : 1;
            ranges[k] = negative[k] ? new ActionDimension(names[k], -reach, 0) : new ActionDimension(names[k], 0, reach);
        }

        IEnumerable<ActionDimension> biases = formula == FusionFormula.PowerProduct ? names.Skip(tasks.Count).Select(name => new ActionDimension(name, 0, 1)) : [];
        float[] action = formula == FusionFormula.PowerProduct ? [.. weights, .. means] : weights;
        return new FixedPolicy(new FusionSection(formula, Algorithm, [.. ranges, .. biases], formula == FusionFormula.LogSum ? means : null), action);
    }

    /// <summary>f [rows] of task scores [rows, K] in the tasks' units.</summary>
    public float[] Fuse(IReadOnlyList<TaskDefinition> tasks, ReadOnlySpan<float> scores)
    {
        float[] action = [.. Action];
        float[] priors = [.. Fusion.Priors ?? []];
        var normalised = new float[tasks.Count];
        var contributions = new float[tasks.Count];
        var fused = new float[scores.Length / tasks.Count];
        for (var row = 0; row < fused.Length; row++)
        {
            for (var k = 0; k < tasks.Count; k++)
                normalised[k] = tasks[k].Normalise(scores[(row * tasks.Count) + k]);
            fused[row] = Fuser.Fuse(Fusion.Formula, normalised, action, priors, contributions);
        }

        return fused;
    }

    /// <summary>Mean and deviation of a score; a constant one has the deviation 1.</summary>
    public static Standardiser Standardise(ReadOnlySpan<float> scores)
    {
        var values = new double[scores.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = scores[i];
        var deviation = Deviation(values);
        return new Standardiser(values.Average(), deviation > 0 ? deviation : 1);
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
