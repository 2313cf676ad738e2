using System.Text;
using System.Text.Json;

namespace MTRec.Serving.Http;

/// <summary>Paths by which a problem names a member of the request, such as <c>$.candidates[3].scores[1]</c>.</summary>
internal static class JsonPath
{
    /// <summary>The body as a whole.</summary>
    public const string Root = "$";

    private const int LongestName = 64;

    /// <summary>The member <paramref name="name"/> of the object at <paramref name="parent"/>.</summary>
    public static string Member(string parent, string name)
    {
        if (name.Length > LongestName)
            name = string.Concat(name.AsSpan(0, LongestName), "…");
        return name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            ? $"{parent}.{name}"
            : $"{parent}['{name}']";
    }

    /// <summary>The element <paramref name="index"/> of the array at <paramref name="parent"/>.</summary>
    public static string Element(string parent, int index) => $"{parent}[{index}]";

    /// <summary>
    /// The place where <paramref name="text"/> stops to be JSON. It reads the text again, so that nobody who sends JSON pays for
    /// keeping track.
    /// </summary>
    public static string OfSyntaxFault(ReadOnlySpan<byte> text, JsonReaderOptions options)
    {
        var path = new List<Step>();
        var json = new Utf8JsonReader(text, options);
        try
        {
            while (json.Read())
                Follow(ref json, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The path leads to what would have been read next.
        }

        return path.Aggregate(new StringBuilder(Root), Append).ToString();
    }

    /// <exception cref="InvalidOperationException">The token is a string that is no text.</exception>
    private static void Follow(ref Utf8JsonReader json, List<Step> path)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.PropertyName:
                path[^1] = new Step(json.GetString()!, 0);
                break;
            case JsonTokenType.StartObject:
                path.Add(new Step("", 0));
                break;
            case JsonTokenType.StartArray:
                path.Add(new Step(null, 0));
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                path.RemoveAt(path.Count - 1);
                EndValue(path);
                break;
            default:
                if (json.TokenType == JsonTokenType.String)
                    json.GetString();
                EndValue(path);
                break;
        }
    }

    private static void EndValue(List<Step> path)
    {
        if (path.Count > 0)
            path[^1] = path[^1].Name is null ? path[^1] with { Index = path[^1].Index + 1 } : new Step("", 0);
    }

    private static StringBuilder Append(StringBuilder path, Step step) => step.Name switch
    {
        null => path.Append('[').Append(step.Index).Append(']'),
        "" => path,
        var name => path.Append(Member("", name)),
    };

    /// <summary>
    /// One step down: into a member by its name, which is empty between two members, or into the array's element at hand where there is no name.
    /// </summary>
    private readonly record struct Step(string? Name, int Index);
}
