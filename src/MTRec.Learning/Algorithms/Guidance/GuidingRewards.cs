using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>
/// Rewards of training rows, as guidance needs them. The scale of a recovered reward is that of the regulariser, not of the users: both
/// actions' rewards are divided by their common standard deviation, after their mean is taken away, so that one weight fits all [ours].
/// </summary>
public sealed class GuidingRewards
{
    private readonly float[] _rewards;

    /// <summary>Normalises.</summary>
    /// <param name="rewards">r(s, skip) and r(s, positive) of every row of the examples [rows x 2]; NaN where unknown.</param>
    /// <param name="weight">w, 0 or more.</param>
    /// <exception cref="ArgumentException">No reward is known, or all are alike.</exception>
    public GuidingRewards(float[] rewards, double weight)
    {
        double[] known = [.. rewards.Where(float.IsFinite)];
        var mean = known.DefaultIfEmpty(double.NaN).Average();
        var deviation = Math.Sqrt(known.Select(reward => Math.Pow(reward - mean, 2)).DefaultIfEmpty(0).Average());
        if (!(deviation > 0))
            throw new ArgumentException("The rewards do not differ, so they guide nobody.", nameof(rewards));
        _rewards = Array.ConvertAll(rewards, reward => (float)((reward - mean) / deviation));
        Weight = weight;
    }

    /// <summary>w.</summary>
    public double Weight { get; }

    /// <summary>z-scored r(s, skip) and r(s, positive) [B, 2]; 0 where unknown.</summary>
    public Tensor Rewards(int[] rows) =>
        tensor([.. rows.SelectMany(row => new[] { Known(_rewards[2 * row]), Known(_rewards[(2 * row) + 1]) })], rows.Length, 2);

    /// <summary>1 where the rewards are known [B].</summary>
    public Tensor Known(int[] rows) => tensor(Array.ConvertAll(rows, row => float.IsFinite(_rewards[2 * row]) ? 1f : 0f));

    private static float Known(float reward) => float.IsFinite(reward) ? reward : 0;
}
