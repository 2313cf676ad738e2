using MTRec.Core.Features;

namespace MTRec.Export;

/// <summary>What a bundle holds beside its manifest.</summary>
/// <param name="Policy">Fuses the task scores.</param>
/// <param name="MentalReward">Estimates the mental reward, where the bundle does.</param>
/// <param name="TaskScores">Predicts the task scores, where the bundle does.</param>
/// <param name="Items">The item features, where the bundle has some.</param>
public sealed record BundleParts(OnnxGraph Policy, OnnxGraph? MentalReward = null, OnnxGraph? TaskScores = null, ItemTable? Items = null);
