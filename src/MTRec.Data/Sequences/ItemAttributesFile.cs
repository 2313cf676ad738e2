using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MTRec.Data.Sequences;

/// <summary>Attributes of the items of some sequences, such as categories and brands.</summary>
/// <param name="Count">Number of different attributes; they are 1 .. <paramref name="Count"/>.</param>
/// <param name="OfItem">The attributes of item i at i, in the file's order; none at 0. Items + 1 entries.</param>
public sealed record ItemAttributes(int Count, IReadOnlyList<IReadOnlyList<int>> OfItem)
{
    /// <summary>No item has any.</summary>
    public static ItemAttributes None(int items) => new(0, [.. Enumerable.Repeat(Array.Empty<int>(), items + 1)]);
}

/// <summary>Reads attributes as S3-Rec writes them: one JSON object, from an item's id to an array of attribute ids, plain or gzip.</summary>
public static class ItemAttributesFile
{
    /// <summary>Reads a file. Items that the sequences do not have are left out; an item that the file does not have has no attribute.</summary>
    /// <exception cref="DataFormatException">The file is damaged or no such object.</exception>
    public static ItemAttributes Read(string path, InteractionSequences sequences)
    {
        using var stream = File.OpenRead(path);
        return Read(stream, path, sequences);
    }

    /// <summary>As the other overload, from a stream that can seek; <paramref name="name"/> stands in messages.</summary>
    /// <inheritdoc cref="Read(string, InteractionSequences)"/>
    public static ItemAttributes Read(Stream stream, string name, InteractionSequences sequences)
    {
        var text = string.Join('\n', SequenceFile.Lines(stream, name).Select(line => line.Line));
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            return Read(ref reader, name, text, sequences);
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{name}, line {e.LineNumber + 1}: no JSON: {e.Message}", e);
        }
    }

    private static ItemAttributes Read(ref Utf8JsonReader reader, string name, string text, InteractionSequences sequences)
    {
        var places = sequences.ItemIds.Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place + 1);
        var numbers = new Dictionary<long, int>();
        IReadOnlyList<int>[] ofItem = [.. Enumerable.Repeat(Array.Empty<int>(), sequences.ItemCount + 1)];
        var seen = new HashSet<long>();

        reader.Read();
        Expect(reader, JsonTokenType.StartObject, "an object of items");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!long.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var item) || item <= 0)
                throw Refused(reader, $"'{reader.GetString()}' is no item's id");
            if (!seen.Add(item))
                throw Refused(reader, $"the item {item} comes twice");
            reader.Read();
            Expect(reader, JsonTokenType.StartArray, $"an array of the attributes of item {item}");
            var attributes = new List<int>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var attribute) || attribute <= 0)
                    throw Refused(reader, $"an attribute of item {item} is no whole number above 0");
                if (!numbers.TryGetValue(attribute, out var number))
                    numbers.Add(attribute, number = numbers.Count + 1);
                attributes.Add(number);
            }

            if (places.TryGetValue(item, out var place))
                ofItem[place] = [.. attributes.Distinct()];
        }

        // What follows the object is refused by the reader itself.
        reader.Read();
        return new ItemAttributes(numbers.Count, ofItem);

        void Expect(Utf8JsonReader at, JsonTokenType type, string what)
        {
            if (at.TokenType != type)
                throw Refused(at, $"{what} was expected");
        }

        DataFormatException Refused(Utf8JsonReader at, string reason) =>
            new($"{name}, line {1 + text.AsSpan(0, (int)Math.Min(text.Length, at.TokenStartIndex)).Count('\n')}: {reason}.");
    }
}
