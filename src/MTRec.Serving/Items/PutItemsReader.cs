using System.Text.Json;
using MTRec.Serving.Features;
using MTRec.Serving.Http;

namespace MTRec.Serving.Items;

/// <summary>Reads <c>PUT /v1/items</c>: all of its items or, where one has a fault, none.</summary>
internal sealed class PutItemsReader(FeatureNames names, ItemStoreOptions options, RequestErrors errors)
{
    private const string ItemsPath = "$.items";

    private readonly MessageReading _reading = new(errors);
    private readonly List<(string ItemId, float[] Values)> _items = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private FeatureObject? _features;

    /// <summary>Reads <paramref name="text"/>.</summary>
    /// <returns>The items with one value a feature, NaN where the caller says nothing of it; void where faults are found.</returns>
    public IReadOnlyList<(string ItemId, float[] Values)> Read(ReadOnlySpan<byte> text)
    {
        try
        {
            var json = JsonText.Read(text);
            ReadMessage(ref json);
        }
        catch (JsonException e)
        {
            errors.Invalid(JsonPath.OfSyntaxFault(text, JsonText.Options), JsonText.SyntaxFault(e));
        }

        return _items;
    }

    private void ReadMessage(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            _reading.SkipInvalid(ref json, JsonPath.Root, "must be an object.");
            json.Read();
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var strict = false;
        while (!_reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            var path = JsonPath.Member(JsonPath.Root, name);
            json.Read();
            if (!seen.Add(name))
                _reading.SkipRepeated(ref json, path);
            else if (name == "items")
                ReadItems(ref json);
            else if (name != "strict")
                _reading.SkipUnknown(ref json, path, inBundle: false);
            else if (json.TokenType is JsonTokenType.True or JsonTokenType.False)
                strict = json.TokenType == JsonTokenType.True;
            else
                _reading.SkipInvalid(ref json, path, "must be true or false.");
        }

        if (_reading.Stop)
            return;
        json.Read();
        if (!seen.Contains("items"))
            errors.Invalid(ItemsPath, "is needed.");
        if (strict)
            _reading.RefuseUnknown();
    }

    private void ReadItems(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            _reading.SkipInvalid(ref json, ItemsPath, "must be an array of items.");
            return;
        }

        _features = new FeatureObject(_reading, names);
        var count = 0;
        for (; !_reading.Stop && json.Read() && json.TokenType != JsonTokenType.EndArray; count++)
        {
            if (count >= options.MaxItemsPerCall)
            {
                errors.Invalid(ItemsPath, $"must hold at most {options.MaxItemsPerCall} items.");
                _reading.Abandon();
                return;
            }

            ReadItem(ref json, JsonPath.Element(ItemsPath, count));
        }

        if (count == 0)
            errors.Invalid(ItemsPath, "must hold at least one item.");
    }

    private void ReadItem(ref Utf8JsonReader json, string path)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            _reading.SkipInvalid(ref json, path, "must be an object.");
            return;
        }

        string? itemId = null;
        var values = new float[names.Definitions.Count];
        Array.Fill(values, float.NaN);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (!_reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString()!;
            var member = JsonPath.Member(path, name);
            json.Read();
            if (!seen.Add(name))
                _reading.SkipRepeated(ref json, member);
            else if (name == "itemId")
                itemId = ReadId(ref json, member);
            else if (name == "features")
                _features!.Read(ref json, () => member, values);
            else
                _reading.SkipUnknown(ref json, member, inBundle: false);
        }

        if (_reading.Stop)
            return;
        if (!seen.Contains("itemId"))
            errors.Invalid($"{path}.itemId", "is needed.");
        if (!seen.Contains("features"))
            errors.Invalid($"{path}.features", "is needed.");
        if (itemId is not null)
            _items.Add((itemId, values));
    }

    private string? ReadId(ref Utf8JsonReader json, string path)
    {
        var fault = JsonText.TryReadId(ref json, out var id);
        if (fault is null && !_ids.Add(id))
            fault = $"'{id}' stands twice.";
        if (fault is null)
            return id;
        _reading.SkipInvalid(ref json, path, fault);
        return null;
    }
}
