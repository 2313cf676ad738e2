using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Sac;

/// <summary>a = tanh(u), u Gaussian with mean and deviation by state; called as a module it gives tanh of the mean [B, A].</summary>
public sealed class SacPolicy : nn.Module<Tensor, Tensor>
{
    private const double LowestLogDeviation = -20;
    private const double HighestLogDeviation = 2;

    private readonly Mlp _network;
    private readonly int _actionWidth;

    /// <summary>Makes a policy.</summary>
    /// <param name="stateWidth">S.</param>
    /// <param name="actionWidth">A.</param>
    /// <param name="width">Width of the two hidden layers.</param>
    public SacPolicy(int stateWidth, int actionWidth, int width)
        : base(nameof(SacPolicy))
    {
        _actionWidth = actionWidth;
        _network = new Mlp(stateWidth, [width, width], 2 * actionWidth);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Gaussian(input).Mean.tanh();

    /// <summary>Draws actions [B, A] and gives their log pi(a|s) [B]; gradients flow through both.</summary>
    public (Tensor Action, Tensor LogDensity) Draw(Tensor state)
    {
        var (mean, logDeviation) = Gaussian(state);
        var noise = randn_like(mean);
        var u = mean + (logDeviation.exp() * noise);
        return (u.tanh(), SquashedLogDensity(u, noise, logDeviation));
    }

    /// <summary>log pi(a|s) = log N(u) - sum log(1 - tanh(u)^2) [B] (Haarnoja et al. 2018a, equation 21).</summary>
    /// <param name="u">The action before tanh [B, A].</param>
    /// <param name="noise">(u - mean) / deviation [B, A].</param>
    /// <param name="logDeviation">log of the deviation [B, A].</param>
    public static Tensor SquashedLogDensity(Tensor u, Tensor noise, Tensor logDeviation)
    {
        var gaussian = -(noise.square() / 2) - logDeviation - (Math.Log(2 * Math.PI) / 2);
        // log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2u)), which does not round to log 0.
        return (gaussian - (2 * (Math.Log(2) - u - (-2 * u).softplus()))).sum(-1);
    }

    private (Tensor Mean, Tensor LogDeviation) Gaussian(Tensor state)
    {
        var outputs = _network.call(state);
        return (outputs.narrow(1, 0, _actionWidth), outputs.narrow(1, _actionWidth, _actionWidth).clamp(LowestLogDeviation, HighestLogDeviation));
    }
}
