using System.Text.Json;
using MTRec.Core.Features;

namespace MTRec.Serving.Features;

/// <summary>Reads one feature's value: a number, or the name of a category.</summary>
internal static class FeatureValue
{
    /// <summary>Reads the current token.</summary>
    /// <param name="json">Stands on the value.</param>
    /// <param name="feature">The feature that is meant.</param>
    /// <param name="value">The value as the graphs take it; NaN where the caller gave null.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryRead(ref Utf8JsonReader json, FeatureDefinition feature, out float value)
    {
        value = float.NaN;
        switch (json.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return TryName(feature, json.GetString()!, out value);
            case JsonTokenType.Number when json.TryGetDouble(out var number):
                return TryNumber(feature, (float)number, out value);
            default:
                return Expected(feature);
        }
    }

    /// <summary>Takes a number.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryNumber(FeatureDefinition feature, float number, out float value)
    {
        value = number;
        return number >= feature.Min && number <= feature.Max && (feature.Type == FeatureType.Numeric || number == MathF.Floor(number)) ? null : Expected(feature);
    }

    /// <summary>Takes a category by its name.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryName(FeatureDefinition feature, string name, out float value)
    {
        // A category that training never saw is the unknown category, not an error.
        value = feature.Values?.GetValueOrDefault(name, 0) ?? float.NaN;
        return feature.Values is null ? Expected(feature) : null;
    }

    private static string Expected(FeatureDefinition feature) => feature.Type switch
    {
        FeatureType.Numeric => $"must be a number in [{feature.Min}, {feature.Max}].",
        _ when feature.Values is not null => $"must be a category's name or a whole number in [0, {feature.Max}].",
        _ => $"must be a whole number in [0, {feature.Max}].",
    };
}
