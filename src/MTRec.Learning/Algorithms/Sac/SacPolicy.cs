using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Sac;

/// <summary>a = tanh(u), u Gaussian with mean and deviation by state; called as a module it gives tanh of the mean [B, A].</summary>
public sealed class SacPolicy : nn.Module<Tensor, Tensor>
{
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
    public override Tensor forward(Tensor input) => _network.call(input).narrow(1, 0, _actionWidth).tanh();

    /// <summary>Draws actions [B, A] and gives their log pi(a|s) [B]; gradients flow through both.</summary>
    public (Tensor Action, Tensor LogDensity) Draw(Tensor state) => SquashedGaussian.Draw(_network.call(state), randn(state.shape[0], _actionWidth));
}
