using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.ActorCritic;

/// <summary>SAC's policy (arXiv 1812.05905, Appendix C): a = tanh(u), u ~ N(mean, deviation^2) per dimension.</summary>
public static class SquashedGaussian
{
    private const double LowestLogDeviation = -20;
    private const double HighestLogDeviation = 2;

    /// <summary>The action of given noise and its log density.</summary>
    /// <param name="head">Means, then logarithms of deviations, kept in [-20, 2] [..., 2 A].</param>
    /// <param name="noise">Standard normal [..., A].</param>
    /// <returns>a [..., A] and log pi(a | s) [...].</returns>
    public static (Tensor Action, Tensor LogDensity) Draw(Tensor head, Tensor noise)
    {
        var width = noise.shape[^1];
        var logDeviation = head.narrow(-1, width, width).clamp(LowestLogDeviation, HighestLogDeviation);
        var u = head.narrow(-1, 0, width) + (logDeviation.exp() * noise);
        var normal = (noise.square() * -0.5) - logDeviation - (0.5 * Math.Log(2 * Math.PI));

        // log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2 u)), which does not cancel where tanh is flat.
        var slope = 2 * (Math.Log(2) - u - nn.functional.softplus(-2 * u));
        return (u.tanh(), (normal - slope).sum(-1));
    }
}
