using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// Self-attentive sequential recommendation (Kang and McAuley 2018): causal self-attention over items with places, two layers of one head;
/// logit = F_t . e_i (Eq 8), F_t the last position's output, and the responses' cross entropy as its objective (Eq 9).
/// </summary>
public sealed class SasRec : SequenceRecommender
{
    private readonly SequenceTransformer _transformer;

    /// <summary>Makes a network.</summary>
    public SasRec(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(SasRec))
    {
        _transformer = new SequenceTransformer(attributes, options, width => new CausalAttention(width));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch) => new(_transformer.call(batch));
}

/// <summary>softmax(Q K^T / sqrt(d)) V (SASRec, Eqs 2-3) over the positions up to each one that hold an item.</summary>
internal sealed class CausalAttention : nn.Module<Tensor, Tensor, Tensor>
{
    // Far below any score, and representable.
    private const float Absent = 1e9f;

    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;
    private readonly float _scale;

    public CausalAttention(int width)
        : base(nameof(CausalAttention))
    {
        _query = nn.Linear(width, width);
        _key = nn.Linear(width, width);
        _value = nn.Linear(width, width);
        _scale = 1 / MathF.Sqrt(width);
        RegisterComponents();
    }

    /// <param name="x">[B, h, d].</param>
    /// <param name="present">1 or 0 [B, h].</param>
    public override Tensor forward(Tensor x, Tensor present)
    {
        var length = x.shape[1];
        var seen = ones(length, length).tril() * present.unsqueeze(1);
        var scores = _query.call(x).matmul(_key.call(x).transpose(1, 2)) * _scale;
        var weights = ((scores * seen) + ((seen - 1) * Absent)).softmax(-1) * seen;
        return weights.matmul(_value.call(x));
    }
}
