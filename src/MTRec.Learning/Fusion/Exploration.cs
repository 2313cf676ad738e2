using static TorchSharp.torch;

namespace MTRec.Learning.Fusion;

/// <summary>
/// How a collecting policy leaves its own action. Draws stay within [-1, 1] by renormalised densities, not by clipping, so that every
/// logged density is the true one.
/// </summary>
public abstract record Exploration
{
    private Exploration()
    {
    }

    /// <summary>Lowest deviation of a normalised dimension from the policy's action, at most 0.</summary>
    public abstract float Lower { get; }

    /// <summary>Highest deviation, at least 0.</summary>
    public abstract float Upper { get; }

    /// <summary>Draws around a policy's actions.</summary>
    /// <param name="mean">The policy's actions [..., A], each dimension in [-1, 1].</param>
    /// <param name="generator">The chance.</param>
    /// <returns>The drawn actions [..., A] and the logarithm of their joint density [...]; NaN where nothing was drawn.</returns>
    public abstract (Tensor Action, Tensor LogDensity) Draw(Tensor mean, Generator generator);

    /// <summary>None: the policy's action itself.</summary>
    public sealed record None : Exploration
    {
        /// <inheritdoc/>
        public override float Lower => 0;

        /// <inheritdoc/>
        public override float Upper => 0;

        /// <inheritdoc/>
        public override (Tensor Action, Tensor LogDensity) Draw(Tensor mean, Generator generator) => (mean.clone(), mean.select(-1, 0) * float.NaN);
    }

    /// <summary>
    /// Bounded exploration: mu_bp(s) + eps, eps ~ U(lower, upper) per dimension (UnifiedRL, arXiv 2404.17589). Where the range leaves [-1, 1],
    /// the draw is uniform over the rest of it (ours).
    /// </summary>
    public sealed record Bounded(float LowerBound = -Bounded.Published, float UpperBound = Bounded.Published) : Exploration
    {
        /// <summary>The published half width.</summary>
        public const float Published = 0.15f;

        /// <inheritdoc/>
        public override float Lower => LowerBound;

        /// <inheritdoc/>
        public override float Upper => UpperBound;

        /// <inheritdoc/>
        public override (Tensor Action, Tensor LogDensity) Draw(Tensor mean, Generator generator)
        {
            var low = (mean + LowerBound).clamp(-1, 1);
            var high = (mean + UpperBound).clamp(-1, 1);
            var action = low + ((high - low) * rand(mean.shape, generator: generator));
            return (action, -(high - low).log().sum(-1));
        }
    }

    /// <summary>
    /// Gaussian around the policy: mu(s) + N(0, deviation) per dimension (BatchRL-MTF, arXiv 2208.04560), truncated to [-1, 1] (ours).
    /// </summary>
    public sealed record Gaussian(float Deviation = 0.1f) : Exploration
    {
        /// <inheritdoc/>
        public override float Lower => -2;

        /// <inheritdoc/>
        public override float Upper => 2;

        /// <inheritdoc/>
        public override (Tensor Action, Tensor LogDensity) Draw(Tensor mean, Generator generator) => Truncated(mean, Deviation, generator);
    }

    /// <summary>
    /// Gaussian at random: N(0, deviation) per dimension, whatever the policy says (BatchRL-MTF), truncated to [-1, 1]. The deviation is ours:
    /// wide enough that the edges are tried too.
    /// </summary>
    public sealed record AtRandom(float Deviation = 0.5f) : Exploration
    {
        /// <inheritdoc/>
        public override float Lower => -2;

        /// <inheritdoc/>
        public override float Upper => 2;

        /// <inheritdoc/>
        public override (Tensor Action, Tensor LogDensity) Draw(Tensor mean, Generator generator) => Truncated(mean.zeros_like(), Deviation, generator);
    }

    // By inverse distribution function: Phi^-1(Phi(low) + u (Phi(high) - Phi(low))).
    private static (Tensor Action, Tensor LogDensity) Truncated(Tensor mean, double deviation, Generator generator)
    {
        var low = Phi((-1 - mean) / deviation);
        var mass = Phi((1 - mean) / deviation) - low;
        var draw = low + (mass * rand(mean.shape, ScalarType.Float64, generator: generator));
        var z = ((2 * draw) - 1).clamp(-1 + 1e-12, 1 - 1e-12).erfinv() * Math.Sqrt(2);
        var action = (mean + (z * deviation)).clamp(-1, 1);
        z = (action - mean) / deviation;
        var logDensity = (z * z * -0.5) - Math.Log(deviation * Math.Sqrt(2 * Math.PI)) - mass.log();
        return (action.to(ScalarType.Float32), logDensity.sum(-1).to(ScalarType.Float32));

        static Tensor Phi(Tensor x) => ((x.to(ScalarType.Float64) / Math.Sqrt(2)).erf() + 1) * 0.5;
    }
}
