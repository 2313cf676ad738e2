using MTRec.Data.Sequences;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>
/// LinRec (Liu et al. 2023): the transformer of <see cref="SasRec"/> with L2-normalised linear attention, whose cost is linear in the history's
/// length. Every position sees the whole history, which ends before the candidate.
/// </summary>
public sealed class LinRec : SequenceRecommender
{
    private readonly SequenceTransformer _transformer;

    /// <summary>Makes a network.</summary>
    public LinRec(ItemAttributes attributes, RecommenderOptions options)
        : base(nameof(LinRec))
    {
        _transformer = new SequenceTransformer(attributes, options, width => new LinearAttention(width));
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Scores Score(SequenceBatch batch) => new(_transformer.call(batch));
}

/// <summary>
/// A'(Q, K, V) = rho_1(elu(Q)) (rho_2(elu(K))^T V): rho_1 divides each row by sqrt(d) times its L2 norm, rho_2 each column by sqrt(h) times
/// its own over the positions that hold an item, h their number. The product of keys and values comes first: h d^2, not h^2 d.
/// </summary>
internal sealed class LinearAttention : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Linear _query;
    private readonly Linear _key;
    private readonly Linear _value;

    public LinearAttention(int width)
        : base(nameof(LinearAttention))
    {
        _query = nn.Linear(width, width);
        _key = nn.Linear(width, width);
        _value = nn.Linear(width, width);
        RegisterComponents();
    }

    /// <param name="x">[B, h, d].</param>
    /// <param name="present">1 or 0 [B, h].</param>
    public override Tensor forward(Tensor x, Tensor present) =>
        Attend(_query.call(x), _key.call(x), _value.call(x), present);

    /// <summary>A'(Q, K, V) [B, h, d].</summary>
    internal static Tensor Attend(Tensor query, Tensor key, Tensor value, Tensor present)
    {
        var count = present.sum(1L).clamp_min(1).reshape(-1, 1, 1);
        var rows = nn.functional.normalize(nn.functional.elu(query, 1), dim: -1) / Math.Sqrt(query.shape[2]);
        var columns = nn.functional.normalize(nn.functional.elu(key, 1) * present.unsqueeze(-1), dim: 1) / count.sqrt();
        return rows.matmul(columns.transpose(1, 2).matmul(value));
    }
}
