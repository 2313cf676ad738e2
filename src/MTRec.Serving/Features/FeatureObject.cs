using System.Text.Json;
using MTRec.Serving.Http;

namespace MTRec.Serving.Features;

/// <summary>Reads objects that map feature names to values, such as <c>context</c>. Reused for one object after the other.</summary>
internal sealed class FeatureObject(MessageReading reading, FeatureNames names)
{
    // Most are made for candidates without features, and most objects name nothing unknown.
    private int[]? _seen;
    private HashSet<string>? _unknown;
    private int _objects;

    /// <summary>Reads the current value; what the object does not name, or names as null, stays as it is.</summary>
    /// <param name="json">Stands on the object.</param>
    /// <param name="path">Names the object; called for faults only.</param>
    /// <param name="values">One value a feature.</param>
    /// <returns>The number of values read.</returns>
    public int Read(ref Utf8JsonReader json, Func<string> path, scoped Span<float> values)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            reading.SkipInvalid(ref json, path(), "must be an object of features.");
            return 0;
        }

        _objects++;
        _seen ??= new int[names.Definitions.Count];
        _unknown?.Clear();
        var given = 0;
        var next = 0;
        while (!reading.Stop && json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var feature = names.Find(ref json, next);
            if (feature < 0)
            {
                ReadUnknown(ref json, path);
                continue;
            }

            next = feature + 1;
            json.Read();
            if (_seen[feature] == _objects)
                reading.SkipRepeated(ref json, PathOf(path, feature));
            else if (FeatureValue.TryRead(ref json, names.Definitions[feature], out var value) is { } fault)
                reading.SkipInvalid(ref json, PathOf(path, feature), fault);
            else if (!float.IsNaN(value))
                (values[feature], given) = (value, given + 1);
            _seen[feature] = _objects;
        }

        return given;
    }

    private void ReadUnknown(ref Utf8JsonReader json, Func<string> path)
    {
        var name = json.GetString()!;
        json.Read();
        var member = JsonPath.Member(path(), name);
        _unknown ??= new HashSet<string>(StringComparer.Ordinal);
        if (_unknown.Add(name))
            reading.SkipUnknown(ref json, member, inBundle: true);
        else
            reading.SkipRepeated(ref json, member);
    }

    private string PathOf(Func<string> path, int feature) => JsonPath.Member(path(), names.Definitions[feature].Name);
}
