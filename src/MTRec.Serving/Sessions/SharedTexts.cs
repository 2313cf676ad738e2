using System.Text;
using MTRec.Core.Features;

namespace MTRec.Serving.Sessions;

/// <summary>
/// Strings of texts that come again and again, as the ids of items do in users' sessions: made once and shared. A table of fixed size that keeps the
/// latest of each place, so that it needs no room for all of them, and no lock: two threads may both make one.
/// </summary>
/// <param name="places">Strings kept at most, a power of two.</param>
internal sealed class SharedTexts(int places)
{
    private readonly string?[] _texts = new string?[places];

    /// <summary>The text as a string.</summary>
    /// <param name="text">UTF-8.</param>
    public string Of(ReadOnlySpan<byte> text)
    {
        ref var place = ref _texts[IdHash.Of(text) & (_texts.Length - 1)];
        // Other texts than ASCII are equal to none, and made anew.
        if (place is { } kept && Ascii.Equals(text, kept))
            return kept;
        return place = Encoding.UTF8.GetString(text);
    }
}
