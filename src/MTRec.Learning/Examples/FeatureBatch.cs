using static TorchSharp.torch;

namespace MTRec.Learning.Examples;

/// <summary>
/// Examples as the graphs see them, one candidate and its own user a row. The columns are those of
/// <see cref="Core.Features.FeatureSchema"/>.
/// </summary>
/// <param name="Context">[B, C].</param>
/// <param name="User">[B, U].</param>
/// <param name="History">[B, h, W]: the last h rows of the history, h as long as the longest history of the batch and at least 1.</param>
/// <param name="Candidates">[B, 1 + I].</param>
public sealed record FeatureBatch(Tensor Context, Tensor User, Tensor History, Tensor Candidates);
