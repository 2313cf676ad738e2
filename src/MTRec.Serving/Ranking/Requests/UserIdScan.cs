using System.Text.Json;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Finds the user of a rank request before it is read, since a variant may decide which bundle reads it. It stops at the user, so that it costs next to
/// nothing where <c>userId</c> comes before the candidates.
/// </summary>
internal static class UserIdScan
{
    private const int Near = 1024;

    /// <summary>The user, or null where the request is one that will be refused.</summary>
    public static string? Find(ReadOnlySpan<byte> text) => Find(JsonText.Read(text));

    /// <summary>The user, where it stands near the start of the text; null too where it does not.</summary>
    public static string? FindNear(ReadOnlySpan<byte> text) => text.Length <= Near
        ? Find(text)
        : Find(new Utf8JsonReader(text[..Near], isFinalBlock: false, new JsonReaderState(JsonText.Options)));

    private static string? Find(Utf8JsonReader json)
    {
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isUser = json.ValueTextEquals("userId"u8);
                if (!json.Read())
                    return null;
                if (isUser)
                    return JsonText.TryReadId(ref json, out var user) is null ? user : null;
                if (!json.TrySkip())
                    return null;
            }
        }
        catch (JsonException)
        {
            // Whoever reads it whole will say so.
        }

        return null;
    }
}
