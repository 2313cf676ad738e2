namespace MTRec.Serving.Ranking.Requests;

/// <summary>Reads a rank request in JSON: the plain form that programs write by <see cref="PlainRankReader"/>, all others, and all with a fault, by <see cref="RankRequestReader"/>.</summary>
internal static class RankText
{
    /// <summary>Reads <paramref name="text"/>; what it says is void where faults are found.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="reading">Receives the request and its faults.</param>
    /// <param name="bundleScoresTasks">Whether candidates may come without task scores.</param>
    public static void Read(ReadOnlySpan<byte> text, RankReading reading, bool bundleScoresTasks)
    {
        if (PlainRankReader.TryRead(text, reading, bundleScoresTasks))
            return;
        reading.Restart();
        RankRequestReader.Read(text, reading, bundleScoresTasks);
    }
}
