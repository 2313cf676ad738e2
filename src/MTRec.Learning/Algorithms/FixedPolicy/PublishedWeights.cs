using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Learning.Fusion;

namespace MTRec.Learning.Algorithms.FixedPolicy;

/// <summary>
/// The weighted sum that X published for its own ranker (xai-org/x-algorithm, feature-switch defaults of August 2026), on those of our tasks
/// that mean the same. It was made for X's tasks and their frequencies there: a yardstick from outside, not tuned to any log.
/// </summary>
public static class PublishedWeights
{
    /// <summary>The algorithm's name.</summary>
    public const string Algorithm = "x-published";

    // Per probability, or per second of dwell time. Of the strong positives (follow 4, reply 5, share 2, profile click 0) the mean; ours.
    private static readonly Dictionary<string, double> Weights = new(StringComparer.Ordinal)
    {
        ["click"] = 0.4,
        ["longView"] = 0.05,
        ["like"] = 0.5,
        ["comment"] = 5,
        ["forward"] = 2,
        ["follow"] = 4,
        ["profileEnter"] = 0,
        ["strongPositive"] = (4 + 5 + 2 + 0) / 4.0,
        ["watchTime"] = 0.004,
        ["hate"] = -43.2,
        ["report"] = -234,
    };

    /// <summary>The policy over some tasks; a task that X has no weight for gets 0.</summary>
    /// <param name="tasks">The tasks, in score order.</param>
    public static ConstantPolicy Of(IReadOnlyList<TaskDefinition> tasks)
    {
        // Our scores are normalised to [0, 1], X's weights are per unit.
        float[] weights = [.. tasks.Select(task => (float)(Weights.GetValueOrDefault(task.Name) * (task.Max - task.Min)))];
        var names = Fuser.ActionNames(FusionFormula.WeightedSum, [.. tasks.Select(task => task.Name)]);
        var section = new FusionSection(
            FusionFormula.WeightedSum,
            Algorithm,
            [.. names.Zip(weights, (name, weight) => new ActionDimension(name, Math.Min(0, weight), Math.Max(0, weight)))]);
        var actions = new FusionActions(section, tasks.Count);
        return new ConstantPolicy(Algorithm, actions, actions.FromReal(weights));
    }
}
