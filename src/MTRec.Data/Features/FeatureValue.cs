using MTRec.Core.Features;

namespace MTRec.Data.Features;

/// <summary>Values as their feature's definition wants them.</summary>
internal static class FeatureValue
{
    /// <summary>A number clipped to the feature's range; the default where it is NaN.</summary>
    public static float Of(FeatureDefinition feature, float number) =>
        float.IsNaN(number) ? feature.Default : Math.Clamp(number, feature.Min, feature.Max);

    /// <summary>A category's code; 0 where it is unknown.</summary>
    public static float Of(FeatureDefinition feature, string text) =>
        feature.Values is { } codes && codes.TryGetValue(text, out var code) ? code : 0;

    /// <summary>A code that is the value itself; the default where it is missing or beyond the codes.</summary>
    public static float Of(FeatureDefinition feature, int? code) =>
        code is { } value && value >= feature.Min && value <= feature.Max ? value : feature.Default;
}
