using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// SIGMA, selective gated Mamba (Liu et al. 2025, arXiv 2408.11451). Partially flipped Mamba: one selective state space model reads the history,
/// another reads it with all but the latest <see cref="Kept"/> items in reverse, so that both end at the present. The dense selective gate, a
/// function of the convolved history, divides the weight between the two and filters their mixture. A GRU on the convolved history (FE-GRU)
/// looks at short sequences, a learned share of the sum. Then FFN with residual; logit = last position . e_i.
/// </summary>
/// <remarks>One layer, expansion 1 and the gate's exact form are ours.</remarks>
public sealed class Sigma : SequenceRecommender
{
    private const int Kept = 3;

    private readonly PositionedItems _items;
    private readonly CausalConvolution _convolution;
    private readonly SelectiveStateSpace _forward;
    private readonly SelectiveStateSpace _flipped;
    private readonly Linear _share;
    private readonly Linear _filter;
    private readonly Augru _short;
    private readonly Parameter _mixture;
    private readonly LayerNorm _norm;
    private readonly Sequential _feedForward;
    private readonly LayerNorm _last;

    /// <summary>Makes a network.</summary>
    public Sigma(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(Sigma))
    {
        var width = options.Width;
        _items = new PositionedItems(attributes, options);
        _convolution = new CausalConvolution(width);
        _forward = new SelectiveStateSpace(width);
        _flipped = new SelectiveStateSpace(width);
        _share = Linear(width, width);
        _filter = Linear(width, width);
        _short = new Augru(width, width);
        _mixture = Parameter(zeros(1));
        _norm = LayerNorm(width);
        _feedForward = Sequential(Linear(width, 2 * width), SiLU(), Linear(2 * width, width));
        _last = LayerNorm(width);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch)
    {
        var history = _items.call(batch);
        var present = batch.Present;
        var convolved = _convolution.call(history);
        var interests = _short.call(convolved, present);

        // Only the last position is scored, so the two readings are mixed there alone.
        var latest = convolved.select(1, -1);
        var share = _share.call(latest).sigmoid();
        var flipped = Flip(history, present);
        var read = (share * _forward.call(history, present).select(1, -1)) + ((1 - share) * _flipped.call(flipped, present).select(1, -1));
        var gated = read * _filter.call(latest).silu();

        var part = _mixture.sigmoid();
        var state = _norm.call(history.select(1, -1) + (part * gated) + ((1 - part) * interests.select(1, -1)));
        state = _last.call(state + _feedForward.call(state));
        return new Scores((state * _items.Items.call(batch.Candidates)).sum(1L));
    }

    /// <summary>The items before the latest <see cref="Kept"/> in reverse; what stands before the first item stays there: [B, h, d].</summary>
    internal static Tensor Flip(Tensor history, Tensor present)
    {
        var length = history.shape[1];
        var places = arange(length, ScalarType.Int64).unsqueeze(0);
        var first = (length - present.sum(1L, keepdim: true)).to(ScalarType.Int64);
        var mirrored = first + (length - Kept - 1) - places;
        var turned = places.ge(first).logical_and(places.lt(length - Kept));
        var order = where(turned, mirrored, places.expand(present.shape));
        return history.gather(1, order.unsqueeze(-1).expand_as(history));
    }
}

/// <summary>y_t = b + sum_k w_k x_{t-k}, k = 0, 1, 2, each channel by itself: [B, h, d] -> [B, h, d].</summary>
internal sealed class CausalConvolution : Module<Tensor, Tensor>
{
    private const int Taps = 3;

    private readonly Parameter _weight;
    private readonly Parameter _bias;

    public CausalConvolution(int width)
        : base(nameof(CausalConvolution))
    {
        _weight = Parameter(((rand(Taps, width) * 2) - 1) / Math.Sqrt(Taps));
        _bias = Parameter(zeros(width));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        var length = input.shape[1];
        var padded = cat([zeros(input.shape[0], Taps - 1, input.shape[2], dtype: input.dtype), input], 1);
        var sum = _bias + zeros_like(input);
        for (var k = 0; k < Taps; k++)
            sum = sum + (padded.narrow(1, Taps - 1 - k, length) * _weight.select(0, k));
        return sum;
    }
}

/// <summary>
/// A Mamba block (Gu and Dao 2023): [x, z] = W_in u; x = silu(conv(x)); selective scan; y silu(z); W_out. The scan's Delta, B and C depend
/// on x: Delta = softplus(W_Delta x + b), A = -exp(A_log).
/// </summary>
internal sealed class SelectiveStateSpace : Module<Tensor, Tensor, Tensor>
{
    private const int States = 8;

    private readonly int _width;
    private readonly Linear _in;
    private readonly CausalConvolution _convolution;
    private readonly Linear _delta;
    private readonly Linear _b;
    private readonly Linear _c;
    private readonly Parameter _logA;
    private readonly Parameter _direct;
    private readonly Linear _out;

    public SelectiveStateSpace(int width)
        : base(nameof(SelectiveStateSpace))
    {
        _width = width;
        _in = Linear(width, 2 * width, hasBias: false);
        _convolution = new CausalConvolution(width);
        _delta = Linear(width, width);
        _b = Linear(width, States, hasBias: false);
        _c = Linear(width, States, hasBias: false);
        _logA = Parameter(arange(1, States + 1, 1, ScalarType.Float32).log().unsqueeze(0).repeat(width, 1));
        _direct = Parameter(ones(width));
        _out = Linear(width, width, hasBias: false);
        RegisterComponents();
    }

    /// <param name="input">[B, h, d].</param>
    /// <param name="present">1 or 0 [B, h]; what is not there leaves the state as it was, 0.</param>
    public override Tensor forward(Tensor input, Tensor present)
    {
        var both = _in.call(input);
        var x = _convolution.call(both.narrow(-1, 0, _width)).silu() * present.unsqueeze(-1);
        var delta = _delta.call(x).softplus();
        var y = Scan(x, delta, -_logA.exp(), _b.call(x), _c.call(x)) + (_direct * x);
        return _out.call(y * both.narrow(-1, _width, _width).silu());
    }

    /// <summary>h_t = exp(Delta_t A) h_{t-1} + Delta_t B_t x_t, y_t = C_t . h_t (Mamba, Eqs 2 and 4, B by Euler's rule): [B, h, d].</summary>
    /// <param name="x">[B, h, d].</param>
    /// <param name="delta">Above 0 [B, h, d].</param>
    /// <param name="a">Below 0 [d, n].</param>
    /// <param name="b">[B, h, n].</param>
    /// <param name="c">[B, h, n].</param>
    internal static Tensor Scan(Tensor x, Tensor delta, Tensor a, Tensor b, Tensor c)
    {
        var decays = (delta.unsqueeze(-1) * a).exp().unbind(1L);
        var inputs = ((delta * x).unsqueeze(-1) * b.unsqueeze(2)).unbind(1L);
        var states = new Tensor[inputs.Length];
        for (var t = 0; t < states.Length; t++)
            states[t] = t == 0 ? inputs[0] : (decays[t] * states[t - 1]) + inputs[t];
        return stack(states, 1).matmul(c.unsqueeze(-1)).squeeze(-1);
    }
}
