using MTRec.Core.Features;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Fusion;

/// <summary>
/// What <see cref="FusionState"/> measured on a log. With it and the layout the same state can be made again: a policy that goes on learning must
/// find in a column what it found there before.
/// </summary>
/// <param name="Context">Of the context.</param>
/// <param name="User">Of the users.</param>
/// <param name="Item">Of the items, the index excluded.</param>
/// <param name="Keys">What a candidate and an impression may share.</param>
/// <param name="HistoryMean">Mean of the history's columns.</param>
/// <param name="HistoryScale">What they are multiplied with after it is subtracted; 0 for a column that never moves.</param>
public sealed record FusionStatistics(
    FusionColumns Context,
    FusionColumns User,
    FusionColumns Item,
    IReadOnlyList<MatchingKey> Keys,
    IReadOnlyList<float> HistoryMean,
    IReadOnlyList<float> HistoryScale);

/// <summary>Statistics of one kind of feature.</summary>
/// <param name="Numbers">One a feature; those of categories mean nothing.</param>
/// <param name="Codes">Mean responses to every code of every category, in the order of the features [codes, <paramref name="Responses"/>], row by row.</param>
/// <param name="Responses">Numbers a category.</param>
public sealed record FusionColumns(IReadOnlyList<NumericStatistics> Numbers, IReadOnlyList<float> Codes, int Responses)
{
    internal FeatureEncoder Encoder(IReadOnlyList<FeatureDefinition> features) =>
        Numbers.Count == features.Count
            ? new FeatureEncoder(features, Numbers, [.. Codes], Responses)
            : throw new ArgumentException($"{Numbers.Count} features were measured, not {features.Count}.", nameof(features));
}
