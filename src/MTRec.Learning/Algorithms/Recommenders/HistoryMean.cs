using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Recommenders;

/// <summary>The simplest summary of a history.</summary>
internal static class HistoryMean
{
    /// <summary>The mean of the vectors present [B, d]; 0 where there are none.</summary>
    /// <param name="vectors">[B, h, d].</param>
    /// <param name="present">1 or 0 [B, h].</param>
    public static Tensor Of(Tensor vectors, Tensor present) =>
        (vectors * present.unsqueeze(-1)).sum(1L) / present.sum(1L, keepdim: true).clamp_min(1);
}
