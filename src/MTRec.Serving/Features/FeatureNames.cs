using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using MTRec.Core.Features;

namespace MTRec.Serving.Features;

/// <summary>Finds the features of one kind by the names in a request's bytes.</summary>
internal sealed class FeatureNames(FeatureSchema schema, FeatureKind kind)
{
    private const int LongestName = 128;

    private readonly byte[][] _names = [.. schema.Of(kind).Select(feature => Encoding.UTF8.GetBytes(feature.Name))];

    /// <summary>The features, in tensor order.</summary>
    public IReadOnlyList<FeatureDefinition> Definitions { get; } = schema.Of(kind);

    /// <summary>Finds a feature by its name in UTF-8.</summary>
    /// <param name="name">Any bytes.</param>
    /// <param name="guess">The index tried first.</param>
    /// <returns>Its index, or -1.</returns>
    public int Find(ReadOnlySpan<byte> name, int guess)
    {
        if ((uint)guess < (uint)_names.Length && name.SequenceEqual(_names[guess]))
            return guess;
        if (name.Length > LongestName)
            return -1;
        Span<char> text = stackalloc char[LongestName];
        return Utf8.ToUtf16(name, text, out _, out var length, replaceInvalidSequences: false) == OperationStatus.Done
            && schema.TryFind(kind, text[..length], out var index)
                ? index
                : -1;
    }

    /// <summary>Finds the feature that the current property names.</summary>
    /// <param name="json">Stands on a property's name.</param>
    /// <param name="guess">The index tried first: callers mostly send features in one order.</param>
    /// <returns>Its index, or -1.</returns>
    public int Find(ref Utf8JsonReader json, int guess)
    {
        if ((uint)guess < (uint)_names.Length && json.ValueTextEquals(_names[guess]))
            return guess;
        if (json.ValueSpan.Length > LongestName)
            return -1;
        Span<char> name = stackalloc char[LongestName];
        return schema.TryFind(kind, name[..json.CopyString(name)], out var index) ? index : -1;
    }
}
