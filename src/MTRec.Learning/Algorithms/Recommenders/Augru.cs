using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// GRU with attentional update gate (Zhou et al. 2019, Eqs 14-16): u'_t = a_t u_t, h_t = (1 - u'_t) h_{t-1} + u'_t h~_t, where
/// u_t = sigmoid(W_u x_t + U_u h_{t-1} + b_u), r_t likewise, h~_t = tanh(W_h x_t + r_t (U_h h_{t-1}) + b_h). A step of attention 0 changes
/// nothing: with 1 where there is an item and 0 before the first it is the plain GRU (Eqs 2-5) of a padded history.
/// </summary>
public sealed class Augru : Module<Tensor, Tensor, Tensor>
{
    private readonly Linear _input;
    private readonly Linear _state;
    private readonly int _width;

    /// <summary>Makes a cell.</summary>
    /// <param name="inputs">Columns of x_t.</param>
    /// <param name="width">Columns of h_t.</param>
    public Augru(int inputs, int width)
        : base(nameof(Augru))
    {
        _width = width;
        _input = Linear(inputs, 3 * width);
        _state = Linear(width, 3 * width, hasBias: false);
        RegisterComponents();
    }

    /// <summary>Runs through the steps, from the state 0.</summary>
    /// <param name="inputs">x [B, h, inputs].</param>
    /// <param name="attention">a, in [0, 1] [B, h].</param>
    /// <returns>The states [B, h, width].</returns>
    public override Tensor forward(Tensor inputs, Tensor attention)
    {
        var steps = _input.call(inputs).unbind(1L);
        var weights = attention.unsqueeze(-1).unbind(1L);
        var states = new Tensor[steps.Length];
        var state = zeros(inputs.shape[0], _width, dtype: inputs.dtype);
        for (var t = 0; t < states.Length; t++)
        {
            var x = steps[t].chunk(3, 1);
            var h = _state.call(state).chunk(3, 1);
            var update = (x[0] + h[0]).sigmoid() * weights[t];
            var reset = (x[1] + h[1]).sigmoid();
            states[t] = state = state + (update * ((x[2] + (reset * h[2])).tanh() - state));
        }

        return stack(states, 1);
    }
}
