using System.Security.Cryptography;
using System.Text;

namespace MTRec.Serving.Access;

/// <summary>
/// API keys: <c>mtrec_</c> and 43 characters of base64url, which are 256 random bits. The configuration holds their SHA-256, plain: salt
/// and iterations protect what people choose and lists of guesses hold; among 2^256 keys there is nothing to guess, and every request would
/// pay for the iterations. So that nobody puts the hash of a password there, a text of any other form is no key.
/// </summary>
internal static class ApiKey
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    private const string Prefix = "mtrec_";
    private const int RandomCharacters = 43;

    /// <summary>Hashes a text that has the form of a key.</summary>
    /// <param name="text">What a caller sent.</param>
    /// <param name="hash">Receives <see cref="HashLength"/> bytes.</param>
    /// <returns>Whether the text has the form of a key.</returns>
    public static bool TryHash(ReadOnlySpan<char> text, Span<byte> hash)
    {
        if (text.Length != Prefix.Length + RandomCharacters || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        foreach (var character in text[Prefix.Length..])
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_'))
                return false;
        }

        Span<byte> bytes = stackalloc byte[Prefix.Length + RandomCharacters];
        Encoding.ASCII.GetBytes(text, bytes);
        SHA256.HashData(bytes, hash);
        return true;
    }
}
