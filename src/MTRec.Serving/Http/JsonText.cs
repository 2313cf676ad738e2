using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MTRec.Serving.Http;

/// <summary>How request bodies are read as JSON: no comments, no trailing commas, no name twice in an object, little nesting.</summary>
internal static class JsonText
{
    /// <summary>Deepest nesting read. The messages themselves need 5.</summary>
    public const int MaxDepth = 16;

    /// <summary>Longest user, item, request or event id, in UTF-16 units.</summary>
    public const int LongestId = 256;

    /// <summary>The message of a text that is no moment.</summary>
    public const string ExpectedTimestamp = "must be an ISO 8601 moment such as 2026-01-31T20:15:00Z.";

    /// <summary>Earliest moment that is taken for real.</summary>
    public static readonly DateTimeOffset Earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The moment from which on no moment is taken for real.</summary>
    public static readonly DateTimeOffset Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>The reader's options.</summary>
    public static JsonReaderOptions Options { get; } = new() { MaxDepth = MaxDepth };

    /// <summary>Starts to read <paramref name="text"/>.</summary>
    public static Utf8JsonReader Read(ReadOnlySpan<byte> text) => new(text, Options);

    /// <summary>What is wrong with a text before it is read as JSON, or null. Names and strings of a text without such a fault can be read.</summary>
    public static Problem? FaultOf(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return Problem.Invalid(JsonPath.Root, "The body is empty; a JSON object is expected.");
        if (text.StartsWith(ByteOrderMark))
            return Problem.Invalid(JsonPath.Root, "The body starts with a byte order mark, which JSON does not allow.");
        if (!Utf8.IsValid(text))
            return Problem.Invalid(JsonPath.Root, "The body is not UTF-8.");
        if (JsonEscapes.HasLoneSurrogate(text))
            return Problem.Invalid(JsonPath.OfSyntaxFault(text, Options), "holds half of an escaped surrogate pair, which is no character.");
        return null;
    }

    /// <summary>The message of a text that is not JSON.</summary>
    public static string SyntaxFault(JsonException fault) => $"is not JSON that can be read: {fault.Message}";

    /// <summary>What is wrong with an id, or null.</summary>
    public static string? IdFault(string? id) => id switch
    {
        null or "" => "must not be empty.",
        { Length: > LongestId } => $"must be at most {LongestId} characters long, not {id.Length}.",
        _ => null,
    };

    /// <summary>What is wrong with an id in UTF-8, or null.</summary>
    public static string? IdFault(ReadOnlySpan<byte> id) => id.Length is > 0 and <= LongestId ? null : IdFault(Encoding.UTF8.GetString(id));

    /// <summary>Reads the current string token as an id.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryReadId(ref Utf8JsonReader json, out string id)
    {
        id = "";
        if (json.TokenType != JsonTokenType.String)
            return "must be a string.";
        // Escapes only shorten: six bytes at most stand for one UTF-16 unit.
        if (json.ValueSpan.Length > 6 * LongestId)
            return $"must be at most {LongestId} characters long.";
        id = json.GetString()!;
        return IdFault(id);
    }

    /// <summary>Reads the current string token as a moment; one without an offset is UTC.</summary>
    /// <returns>What is wrong with it, or null.</returns>
    public static string? TryReadTimestamp(ref Utf8JsonReader json, out DateTimeOffset moment)
    {
        moment = default;
        if (json.TokenType != JsonTokenType.String || !json.TryGetDateTime(out var local))
            return ExpectedTimestamp;
        if (local.Kind == DateTimeKind.Unspecified)
            moment = new DateTimeOffset(local, TimeSpan.Zero);
        else if (!json.TryGetDateTimeOffset(out moment))
            return ExpectedTimestamp;
        return TimestampFault(moment);
    }

    /// <summary>What is wrong with a moment, or null.</summary>
    public static string? TimestampFault(DateTimeOffset moment) =>
        moment >= Earliest && moment < Latest ? null : $"must be from {Earliest:yyyy} on and before {Latest:yyyy}.";

    /// <summary>
    /// Skips the current value, looking out for names that stand twice in one object: another parser could read another request.
    /// </summary>
    /// <param name="json">Stands on the value's first token, and afterwards on its last.</param>
    /// <returns>A name that stands twice, or null.</returns>
    public static string? SkipValue(ref Utf8JsonReader json)
    {
        if (json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
            return null;

        string? repeated = null;
        var depth = json.CurrentDepth;
        var seen = new HashSet<string>?[MaxDepth + 1];
        if (json.TokenType == JsonTokenType.StartObject)
            seen[depth] = new HashSet<string>(StringComparer.Ordinal);
        while (json.Read() && json.CurrentDepth > depth)
        {
            if (json.TokenType == JsonTokenType.StartObject)
                seen[json.CurrentDepth] = new HashSet<string>(StringComparer.Ordinal);
            else if (json.TokenType == JsonTokenType.PropertyName && !seen[json.CurrentDepth - 1]!.Add(json.GetString()!))
                repeated ??= json.GetString();
        }

        return repeated;
    }
}
