using System.Globalization;
using MTRec.Data;
using MTRec.Trainer.CommandLine;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>One rank call, however often it was made again: a line of <c>calls.csv</c>.</summary>
/// <param name="RequestId">The request's id; its feedback's event ids are this with a hyphen and the item's place.</param>
/// <param name="Answered">Whether there was an answer.</param>
/// <param name="Unwritten">Whether the answer said that its exposure was not known to be in the event log.</param>
/// <param name="FeedbackSent">Feedback events sent.</param>
/// <param name="FeedbackTaken">Of them, those that the service has acknowledged, as new or as known.</param>
internal sealed record LoopCall(string RequestId, bool Answered, bool Unwritten, int FeedbackSent, int FeedbackTaken)
{
    /// <summary>The calls' file in the folder of results.</summary>
    public const string FileName = "calls.csv";

    /// <summary>What <c>degraded</c> holds where the exposure is not known to be in the event log.</summary>
    public const string EventLogPart = "eventLog";

    private const string Header = "request,answered,unwritten,feedbackSent,feedbackTaken";

    /// <summary>Writes calls.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Write(string path, IEnumerable<LoopCall> calls) => AtomicFile.Write(path, writer =>
    {
        writer.WriteLine(Header);
        foreach (var call in calls)
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{call.RequestId},{(call.Answered ? 1 : 0)},{(call.Unwritten ? 1 : 0)},{call.FeedbackSent},{call.FeedbackTaken}"));
    });

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="DataFormatException">It is something else.</exception>
    public static IEnumerable<LoopCall> Read(string path)
    {
        foreach (var line in File.ReadLines(path).Skip(1))
        {
            if (line.Split(',') is not [var request, var answered, var unwritten, var sent, var taken])
                throw new DataFormatException($"{path}: '{line}' has not five fields.");
            yield return new LoopCall(request, answered == "1", unwritten == "1", int.Parse(sent, CultureInfo.InvariantCulture), int.Parse(taken, CultureInfo.InvariantCulture));
        }
    }
}
