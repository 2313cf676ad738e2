using MTRec.Learning.Distributed;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>
/// Torch's dropout, of the rows of a <see cref="BatchSlice"/>: every rank draws for the whole batch, so that all ranks together drop what one process
/// would, to the bit.
/// </summary>
/// <param name="share">Share of the numbers that training makes 0, in [0, 1).</param>
public sealed class RowDropout(double share) : nn.Module<Tensor, Tensor>(nameof(RowDropout))
{
    /// <summary>Drops.</summary>
    /// <param name="input">Rows along the first axis [B, ...].</param>
    public override Tensor forward(Tensor input) => Of(input, 0);

    /// <summary>The same with the rows elsewhere.</summary>
    /// <param name="input">Any shape.</param>
    /// <param name="rowAxis">The rows' axis.</param>
    public Tensor Of(Tensor input, int rowAxis)
    {
        if (!training || share == 0 || BatchSlice.Current is not { } slice)
            return nn.functional.dropout(input, share, training);
        return input * slice.Draw(input.shape, shape => empty(shape).bernoulli_(1 - share), rowAxis).div(1 - share);
    }
}
