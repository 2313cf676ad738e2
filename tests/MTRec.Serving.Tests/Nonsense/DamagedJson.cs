using System.Text;
using System.Text.Json.Nodes;

namespace MTRec.Serving.Tests.Nonsense;

/// <summary>Valid requests that are damaged at random.</summary>
internal static class DamagedJson
{
    private static readonly string[] Fragments =
        ["{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "1e309", "0.5", "\"x\"", "\\u0000", "\\ud800", "NaN", "\"tasks\"", "\"scores\"", "\"itemId\"", "/*", "é", "\t"];

    /// <summary>A whole rank request, in rows or columns.</summary>
    public static JsonObject RankRequest(Random random)
    {
        var request = Requests.Rows(4).Changed(r => r["tasks"] = new JsonArray("click", "like", "longView"));
        return random.Next(2) == 0 ? request : request.ToColumns();
    }

    /// <summary>The request's text with a few of its parts removed, replaced or repeated.</summary>
    public static byte[] Of(JsonObject request, Random random)
    {
        var text = request.ToJsonString();
        var damages = random.Next(1, 4);
        for (var i = 0; i < damages; i++)
            text = Damage(text, random);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(4) == 0)
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        return bytes;
    }

    private static string Damage(string text, Random random)
    {
        var at = random.Next(text.Length);
        var length = Math.Min(random.Next(1, 12), text.Length - at);
        return random.Next(5) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Fragments[random.Next(Fragments.Length)]),
            2 => text.Remove(at, length).Insert(at, Fragments[random.Next(Fragments.Length)]),
            3 => text.Insert(random.Next(text.Length), text.Substring(at, length)),
            _ => ReplaceValue(text, random),
        };
    }

    // Puts another value in the place of a number, so that the JSON stays whole.
    private static string ReplaceValue(string text, Random random)
    {
        var at = text.IndexOf("0.", random.Next(text.Length), StringComparison.Ordinal);
        if (at < 0)
            return text;
        var end = at;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            end++;
        string[] values = ["0.5", "1", "0", "null", "\"NaN\"", "1e309", "-0.1", "[]", "{\"a\":1,\"a\":2}", "0.7"];
        return string.Concat(text.AsSpan(0, at), values[random.Next(values.Length)], text.AsSpan(end));
    }
}
