using System.Text.Json.Serialization;

namespace MTRec.Core.Features;

/// <summary>Which part of a request a feature describes.</summary>
public enum FeatureKind
{
    /// <summary>The moment: one value a request.</summary>
    [JsonStringEnumMemberName("context")]
    Context,

    /// <summary>The user: one value a request.</summary>
    [JsonStringEnumMemberName("user")]
    User,

    /// <summary>The candidate: one value an item.</summary>
    [JsonStringEnumMemberName("item")]
    Item,
}

/// <summary>How a feature's value is read.</summary>
public enum FeatureType
{
    /// <summary>A quantity.</summary>
    [JsonStringEnumMemberName("numeric")]
    Numeric,

    /// <summary>A code in [0, size); 0 is unknown.</summary>
    [JsonStringEnumMemberName("categorical")]
    Categorical,
}

/// <summary>One input of the bundle's graphs. Graphs take the raw value: normalisation is inside them.</summary>
/// <param name="Name">Its name on the wire.</param>
/// <param name="Kind">What it describes.</param>
/// <param name="Type">How its value is read.</param>
/// <param name="Default">The value where the caller gives none.</param>
/// <param name="Min">Lowest allowed value.</param>
/// <param name="Max">Highest allowed value; size - 1 for a categorical feature.</param>
/// <param name="Values">Codes by text for a categorical feature that callers may also name; unlisted text is code 0.</param>
public sealed record FeatureDefinition(
    string Name,
    FeatureKind Kind,
    FeatureType Type,
    float Default,
    float Min,
    float Max,
    IReadOnlyDictionary<string, int>? Values = null)
{
    /// <summary>Number of codes of a categorical feature.</summary>
    public int Size => Type == FeatureType.Categorical ? checked((int)Max + 1) : 1;
}
