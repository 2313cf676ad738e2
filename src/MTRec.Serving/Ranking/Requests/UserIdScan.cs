using System.Text.Json;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking.Requests;

/// <summary>
/// Finds the user of a rank request before it is read, since a variant may decide which bundle reads it. It stops at the user, so that it costs next to
/// nothing where <c>userId</c> comes before the candidates.
/// </summary>
internal static class UserIdScan
{
    /// <summary>The user, or null where the request is one that will be refused.</summary>
    public static string? Find(ReadOnlySpan<byte> text)
    {
        var json = JsonText.Read(text);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var isUser = json.ValueTextEquals("userId"u8);
                json.Read();
                if (isUser)
                    return JsonText.TryReadId(ref json, out var user) is null ? user : null;
                json.Skip();
            }
        }
        catch (JsonException)
        {
            // Whoever reads it whole will say so.
        }

        return null;
    }
}
