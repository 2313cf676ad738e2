using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;

namespace MTRec.Learning.Algorithms.FixedPolicy;

/// <summary>A policy that acts alike on every request.</summary>
/// <param name="Fusion">The formula and its action's ranges.</param>
/// <param name="Action">The action in real units.</param>
public sealed record FixedPolicy(FusionSection Fusion, IReadOnlyList<float> Action)
{
    /// <summary>The algorithm's name in the manifest.</summary>
    public const string Algorithm = "fixed";

    /// <summary>
    /// Makes the action of a formula from reward weights: every task k contributes g_k(o_k) times corr_k / std(g_k(o_k)), so that the spread
    /// of its contribution over the training log is its correlation with future dwell time. g is o for the weighted sum, ln(o + m) for
    /// log-sum and power-product, with the prior or bias m the task's mean score; our mapping.
    /// </summary>
    /// <param name="formula">The formula.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="correlations">One a task [K].</param>
    /// <param name="scores">Task scores of the training log [rows, K] in the tasks' units, row by row.</param>
    public static FixedPolicy FromCorrelations(
        FusionFormula formula, IReadOnlyList<TaskDefinition> tasks, IReadOnlyList<double> correlations, ReadOnlySpan<float> scores)
    {
        var weights = new float[tasks.Count];
        var means = new float[tasks.Count];
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
            weights[k] = deviation > 0 ? (float)(correlations[k] / deviation) : 0;
        }

        var names = Fuser.ActionNames(formula, [.. tasks.Select(task => task.Name)]);
        float[] action = formula == FusionFormula.PowerProduct ? [.. weights, .. means] : weights;
        var dimensions = names.Select((name, i) => i < tasks.Count ? WeightRange(name, weights[i]) : new ActionDimension(name, 0, 1));
        return new FixedPolicy(
            new FusionSection(formula, Algorithm, [.. dimensions], formula == FusionFormula.LogSum ? means : null), action);
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

    // Room for a learned policy to double a weight, to drop it or to turn it round.
    private static ActionDimension WeightRange(string name, float weight)
    {
        var reach = Math.Max(2 * Math.Abs(weight), 1e-3f);
        return new ActionDimension(name, -reach, reach);
    }

    private static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }
}
