using MTRec.Data;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;

namespace MTRec.Trainer.Scoring;

/// <summary>A whole log in memory, every row with its flaws, in the order of the file.</summary>
internal static class LogRows
{
    /// <summary>Reads a log in KuaiRand's format.</summary>
    /// <exception cref="DataFormatException">The file is damaged or lacks a needed column.</exception>
    public static IReadOnlyList<Impression> Read(FileInfo file)
    {
        using var reader = KuaiRandLogReader.Open(file.FullName);
        return [.. reader.Rows()];
    }
}
