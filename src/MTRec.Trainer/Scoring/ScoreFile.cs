using System.Buffers;
using System.Globalization;
using MTRec.Core.Tasks;
using MTRec.Data.Logs;

namespace MTRec.Trainer.Scoring;

/// <summary>The output of <c>mtrec score</c>: CSV, one row a row of the log, in its order; what is undefined is empty.</summary>
internal static class ScoreFile
{
    private static readonly SearchValues<char> NeedQuotes = SearchValues.Create(",\"\r\n");

    /// <summary>Writes header and rows.</summary>
    public static void Write(TextWriter output, IReadOnlyList<TaskDefinition> tasks, IReadOnlyList<Impression> rows, IReadOnlyList<RowScores?> scores)
    {
        output.NewLine = "\n";
        output.WriteLine(string.Join(
            ',', ["row", "userId", "itemId", .. tasks.Select(task => Cell(task.Name)), "fusionScore", "mentalReward", "mentalRewardGiven", "score"]));
        for (var i = 0; i < rows.Count; i++)
        {
            output.Write(rows[i].Row);
            output.Write(',');
            output.Write(Cell(rows[i].UserId));
            output.Write(',');
            output.Write(Cell(rows[i].ItemId));
            for (var task = 0; task < tasks.Count; task++)
                Number(scores[i]?.Tasks[task]);
            Number(scores[i]?.FusionScore);
            Number(scores[i]?.MentalReward);
            Number(scores[i]?.MentalRewardGiven);
            Number(scores[i]?.Score);
            output.WriteLine();
        }

        void Number<T>(T? value)
            where T : struct, IFormattable
        {
            output.Write(',');
            output.Write(value?.ToString("R", CultureInfo.InvariantCulture));
        }
    }

    private static string Cell(string text) => text.AsSpan().ContainsAny(NeedQuotes) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
