using System.Globalization;

namespace MTRec.Data.Features;

/// <summary>
/// Codes of a category's texts: 0 is unknown, then 1, 2 ... in the order of the texts (numbers by their value). The same texts give the
/// same codes, in whatever order they come.
/// </summary>
public static class Vocabulary
{
    /// <summary>
    /// Gives a code to every text that occurs often enough; rarer ones stay unknown, so that a model learns what unknown means.
    /// </summary>
    /// <param name="texts">All occurrences; empty ones are unknown.</param>
    /// <param name="minCount">Occurrences that a text needs, 1 or more.</param>
    public static IReadOnlyDictionary<string, int> Of(IEnumerable<string> texts, int minCount)
    {
        var frequent = texts.Where(text => text.Length > 0).GroupBy(text => text, StringComparer.Ordinal)
            .Where(group => group.Count() >= minCount)
            .Select(group => group.Key);
        return Ordered(frequent).Index().ToDictionary(pair => pair.Item, pair => pair.Index + 1, StringComparer.Ordinal);
    }

    /// <summary>Whole numbers by their value, then all other texts by their characters.</summary>
    internal static IEnumerable<string> Ordered(IEnumerable<string> texts) => texts
        .OrderBy(text => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : long.MaxValue)
        .ThenBy(text => text, StringComparer.Ordinal);
}
