using System.Buffers.Text;

namespace MTRec.Serving.Http;

/// <summary>Looks at the escapes in a JSON text.</summary>
internal static class JsonEscapes
{
    private const int EscapeLength = 6;

    /// <summary>Whether half of a surrogate pair is escaped without the other half: then there is a string that is no text.</summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<byte> json)
    {
        var expectLow = false;
        while (json.IndexOf((byte)'\\') is var at and >= 0)
        {
            if (expectLow && at > 0)
                return true;
            json = json[at..];
            var unit = CodeUnit(json);
            if (char.IsLowSurrogate(unit) != expectLow)
                return true;
            expectLow = char.IsHighSurrogate(unit);
            // A backslash and what it escapes, which may be a backslash.
            json = json[Math.Min(unit == default ? 2 : EscapeLength, json.Length)..];
        }

        return expectLow;
    }

    // The unit of \uXXXX; 0 for every other escape, well formed or not.
    private static char CodeUnit(ReadOnlySpan<byte> escape) =>
        escape.Length >= EscapeLength
        && escape[1] == 'u'
        && Utf8Parser.TryParse(escape[2..EscapeLength], out ushort unit, out var read, 'x')
        && read == EscapeLength - 2
            ? (char)unit
            : default;
}
