using System.Text;
using Google.Protobuf;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Ranking.Requests;

namespace MTRec.Serving.Ranking;

/// <summary>Answers example requests as a caller's would be, so that the first caller waits for no compiler and no allocation.</summary>
internal sealed class WarmUp(Ranker ranker, RankOptions options)
{
    // Enough calls for the runtime to compile the path to its second tier; then, for a bundle's graphs to take their memory.
    private const int FirstCalls = 108;
    private const int LaterCalls = 9;
    private const int Candidates = 200;

    // The runtime begins to count calls when nothing new was called for a tenth of a second, and compiles for good what is called 30 times from then on:
    // on a thread of its own, which gets no time on a core that requests keep busy.
    private const int Rounds = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(150);
    private static int _isCompiled;

    /// <summary>Warms <paramref name="served"/>. Nothing is remembered or logged of it.</summary>
    /// <param name="served">A bundle that serves nobody yet.</param>
    /// <param name="first">Whether it is the process's first, which is also to have the path compiled.</param>
    /// <param name="cancellation">Ends the warming early.</param>
    /// <param name="afterStep">Is called after every request.</param>
    /// <returns>Why the bundle cannot answer its own example; none where it can.</returns>
    public IReadOnlyList<string> Run(ServedBundle served, bool first, CancellationToken cancellation, Action? afterStep = null)
    {
        var count = Math.Min(Candidates, options.MaxCandidates);
        (byte[] Bytes, bool IsProtobuf)[] requests =
        [
            (Encoding.UTF8.GetBytes(Examples.RankRows(served.Bundle, count).ToJsonString()), false),
            (Encoding.UTF8.GetBytes(Examples.RankColumns(served.Bundle, count).ToJsonString()), false),
            (Examples.RankMessage(served.Bundle, count).ToByteArray(), true),
        ];
        var errors = new RequestErrors();
        var rounds = first && Interlocked.Exchange(ref _isCompiled, 1) == 0 ? Rounds : 1;
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < (first ? FirstCalls : LaterCalls) && !errors.Any && !cancellation.IsCancellationRequested; i++)
            {
                Answer(requests[i % requests.Length].Bytes, requests[i % requests.Length].IsProtobuf, served, errors);
                afterStep?.Invoke();
            }

            if (rounds > 1)
                cancellation.WaitHandle.WaitOne(Pause);
        }

        return [.. errors.ByPath().Select(error => $"its own example is refused: {error.Key} {string.Join(" ", error.Value)}")];
    }

    private void Answer(byte[] request, bool isProtobuf, ServedBundle served, RequestErrors errors)
    {
        var call = served.RentCall();
        try
        {
            call.Clock.Start();
            var reading = new RankReading(call, served.Names, served.Bundle.Items, options, errors);
            if (isProtobuf)
                RankMessageReader.Read(request, reading, served.Bundle.HasTaskScores);
            else
                RankText.Read(request, reading, served.Bundle.HasTaskScores);
            if (errors.Any)
                return;
            ranker.Score(call, served.Bundle);
            using var answer = new PooledBuffer();
            if (isProtobuf)
                RankMessageWriter.Write(answer, call, served);
            else
                RankAnswerWriter.Write(answer, call, served);
        }
        finally
        {
            served.ReturnCall(call);
        }
    }
}
