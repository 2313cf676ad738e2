using MTRec.Learning.Algorithms.ActorCritic;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Ppo;

/// <summary>A Gaussian over actions: its mean [B, A] in [-1, 1] depends on the state, its deviation does not.</summary>
public sealed class PpoPolicy : nn.Module<Tensor, Tensor>
{
    private readonly Sequential _mean;
    private readonly Parameter _logDeviation;

    /// <summary>Makes a policy.</summary>
    /// <param name="stateWidth">S.</param>
    /// <param name="actionWidth">A.</param>
    /// <param name="width">Width of the two hidden layers.</param>
    /// <param name="deviation">The first standard deviation of every dimension.</param>
    public PpoPolicy(int stateWidth, int actionWidth, int width, double deviation)
        : base(nameof(PpoPolicy))
    {
        _mean = Perceptron.Of(() => nn.Tanh(), stateWidth, width, width, actionWidth);
        _logDeviation = nn.Parameter(full(actionWidth, Math.Log(deviation), ScalarType.Float32));
        RegisterComponents();
    }

    /// <summary>log of the standard deviation [A].</summary>
    public Tensor LogDeviation => _logDeviation;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => _mean.call(input).tanh();

    /// <summary>Draws actions [B, A], which may leave [-1, 1].</summary>
    public Tensor Draw(Tensor state)
    {
        var mean = call(state);
        return mean + (_logDeviation.exp() * randn_like(mean));
    }
}
