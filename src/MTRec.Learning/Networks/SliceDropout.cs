using MTRec.Learning.Distributed;
using static TorchSharp.torch;

namespace MTRec.Learning.Networks;

/// <summary>Torch's dropout, by the chance of the <see cref="BatchSlice"/> that is learned from: the same on whichever rank learns from it.</summary>
/// <param name="share">Share of the numbers that training makes 0, in [0, 1).</param>
public sealed class SliceDropout(double share) : nn.Module<Tensor, Tensor>(nameof(SliceDropout))
{
    /// <summary>Drops.</summary>
    /// <param name="input">Any shape.</param>
    public override Tensor forward(Tensor input) =>
        training && share > 0 ? input * empty(input.shape).bernoulli_(1 - share, BatchSlice.CurrentChance).div_(1 - share) : input;
}
