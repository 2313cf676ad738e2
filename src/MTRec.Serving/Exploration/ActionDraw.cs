using MathNet.Numerics.Distributions;
using MTRec.Core.Bundles;
using MTRec.Core.Experiments;

namespace MTRec.Serving.Exploration;

/// <summary>
/// Draws one action around a policy's. A draw stays within its bounds by a density that is renormalised to them, not by clipping, so that the logged
/// density is the true one; densities are over actions in units of [-1, 1].
/// </summary>
/// <param name="kind">How an action is drawn.</param>
/// <param name="lower">Lowest deviation, at most 0.</param>
/// <param name="upper">Highest deviation, at least 0.</param>
/// <param name="deviation">The Gaussian's standard deviation before it is truncated, above 0.</param>
internal readonly struct ActionDraw(ExplorationKind kind, float lower, float upper, double deviation)
{
    private static readonly double LogRootTwoPi = 0.5 * Math.Log(2 * Math.PI);

    /// <summary>Draws.</summary>
    /// <param name="dimensions">The action's dimensions [A] and their real ranges.</param>
    /// <param name="baseline">The policy's action [A], in real units.</param>
    /// <param name="chance">Decides the draw.</param>
    /// <param name="action">Receives the drawn action [A], in real units. A dimension whose range is one point stays as it is.</param>
    /// <returns>The logarithm of the joint density with which it was drawn.</returns>
    public double Draw(IReadOnlyList<ActionDimension> dimensions, ReadOnlySpan<float> baseline, ref SplitMix64 chance, Span<float> action)
    {
        var logDensity = 0.0;
        for (var i = 0; i < action.Length; i++)
        {
            var dimension = dimensions[i];
            var middle = (dimension.Max + (double)dimension.Min) / 2;
            var reach = (dimension.Max - (double)dimension.Min) / 2;
            var mean = reach > 0 ? Math.Clamp((baseline[i] - middle) / reach, -1, 1) : 0;
            var low = Math.Max(-1, mean + lower);
            var high = Math.Min(1, mean + upper);
            action[i] = baseline[i];
            if (reach == 0 || low >= high)
                continue;

            var (drawn, density) = kind == ExplorationKind.Gaussian
                ? Truncated(mean, low, high, chance.NextDouble())
                : (low + ((high - low) * chance.NextDouble()), -Math.Log(high - low));
            action[i] = Math.Clamp((float)(middle + (drawn * reach)), dimension.Min, dimension.Max);
            logDensity += density;
        }

        return logDensity;
    }

    // By inverse distribution function: Phi^-1(Phi(low) + u (Phi(high) - Phi(low))).
    private (double Drawn, double LogDensity) Truncated(double mean, double low, double high, double u)
    {
        var below = Normal.CDF(0, 1, (low - mean) / deviation);
        var mass = Normal.CDF(0, 1, (high - mean) / deviation) - below;
        var drawn = Math.Clamp(mean + (deviation * Normal.InvCDF(0, 1, below + (u * mass))), low, high);
        var z = (drawn - mean) / deviation;
        return (drawn, (-0.5 * z * z) - LogRootTwoPi - Math.Log(deviation) - Math.Log(mass));
    }
}
