using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>x + attention(LN(x)), then x + FFN(LN(x)), FFN = linear, ReLU, linear (SASRec, Eqs 5-7, without dropout): [B, h, d] -> [B, h, d].</summary>
internal sealed class TransformerLayer : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly LayerNorm _attentionNorm;
    private readonly nn.Module<Tensor, Tensor, Tensor> _attention;
    private readonly LayerNorm _feedForwardNorm;
    private readonly Sequential _feedForward;

    public TransformerLayer(int width, nn.Module<Tensor, Tensor, Tensor> attention)
        : base(nameof(TransformerLayer))
    {
        _attentionNorm = nn.LayerNorm(width);
        _attention = attention;
        _feedForwardNorm = nn.LayerNorm(width);
        _feedForward = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width));
        RegisterComponents();
    }

    /// <param name="x">[B, h, d].</param>
    /// <param name="present">1 or 0 [B, h].</param>
    public override Tensor forward(Tensor x, Tensor present)
    {
        x = x + _attention.call(_attentionNorm.call(x), present);
        return x + _feedForward.call(_feedForwardNorm.call(x));
    }
}
