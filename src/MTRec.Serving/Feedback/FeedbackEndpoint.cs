using MTRec.Serving.EventLog;
using MTRec.Serving.Http;
using MTRec.Serving.Sessions;

namespace MTRec.Serving.Feedback;

/// <summary>
/// <c>POST /v1/feedback</c>. First it takes room in the event log's queue for the whole call: without it the answer is 503 and
/// nothing is applied, so the caller can send the same call again. Where answers wait until their events are written, 202 says that they are.
/// </summary>
internal sealed partial class FeedbackEndpoint(
    FeedbackReader reader, ISessionStore sessions, EventQueue queue, FeedbackOptions options, FeedbackMeters meters, ILogger<FeedbackEndpoint> logger)
{
    // Events on their way to the store at once, so that a long call neither waits a round trip for each nor fills the connection.
    private const int Window = 32;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Answers one feedback call.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        using var body = await RequestBody.ReadAsync(context.Request, options.MaxBodyBytes);
        var answerType = MessageType.OfAnswer(context.Request, body.Type);
        var call = reader.Read(body);
        var (good, bad) = (call.Good, call.Bad);
        if (!queue.TryReserve(good.Count * EventSize.OfFeedback))
        {
            queue.CountRefused(good.Count);
            throw new RefusedException(Problem.Unavailable("The event log takes no events for now; nothing of the call was applied.", Pause));
        }

        var (logged, accepted) = (0, 0);
        var written = new List<Task<bool>>();
        try
        {
            foreach (var window in good.Chunk(Window))
            {
                var outcomes = Array.ConvertAll(window, ApplyAsync);
                Exception? failure = null;
                for (var i = 0; i < window.Length; i++)
                {
                    var (isNew, failed) = await outcomes[i];
                    failure ??= failed;
                    accepted += isNew ? 1 : 0;
                    // A known one may come from a replica that was killed before it wrote it: it is missing then, or in the log twice.
                    if (!isNew && !(failed is null && queue.IsAwaited))
                        continue;
                    written.Add(queue.Add(window[i].Logged, EventSize.OfFeedback));
                    logged++;
                }

                if (failure is not null)
                    throw Refuse(failure);
            }
        }
        finally
        {
            queue.Release((good.Count - logged) * EventSize.OfFeedback);
        }

        if (!await IsWrittenAsync(written))
            throw new RefusedException(Problem.Unavailable("The event log is slow; send the call again: what was applied counts once.", Pause));
        meters.Answered(accepted, good.Count - accepted, bad.Count);
        await AnswerAsync(context.Response, answerType, accepted, good.Count - accepted, bad);
    }

    // An event that the store may have applied without saying so is logged: sent again it would be a duplicate, and missing in the log
    // for good. If it was not applied, the log has it twice, which who reads the log sees by its id.
    private async Task<(bool IsNew, Exception? Failure)> ApplyAsync(ReadFeedback feedback)
    {
        try
        {
            // Once begun, a call is carried through even where the caller hangs up.
            return (await sessions.ApplyAsync(feedback.Logged.UserId, feedback.Logged.EventId, feedback.Session, CancellationToken.None), null);
        }
#pragma warning disable CA1031 // Whatever the store suffers from, the caller has to send the call again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return (e is SessionStoreException { MayHaveApplied: true }, e);
        }
    }

    // One budget for all of a call.
    private async ValueTask<bool> IsWrittenAsync(List<Task<bool>> written) =>
        !queue.IsAwaited || await queue.IsKeptAsync(AllAsync(written));

    private static async Task<bool> AllAsync(List<Task<bool>> written) => Array.TrueForAll(await Task.WhenAll(written), isWritten => isWritten);

    private RefusedException Refuse(Exception failure)
    {
        // What a store expects to happen to it, it has logged itself, once for many calls.
        if (failure is not SessionStoreException)
            LogStoreFailed(failure);
        return new RefusedException(Problem.Unavailable("The session store is out of reach; send the call again: what was applied counts once.", Pause));
    }

    private static async Task AnswerAsync(HttpResponse response, MessageType type, int accepted, int duplicates, List<RejectedFeedback> bad)
    {
        using var answer = new PooledBuffer();
        if (type.IsProtobuf)
            FeedbackAnswerWriter.WriteMessage(answer, accepted, duplicates, bad);
        else
            FeedbackAnswerWriter.WriteJson(answer, accepted, duplicates, bad);
        await type.WriteAsync(response, StatusCodes.Status202Accepted, answer);
    }

    [LoggerMessage(2001, LogLevel.Error, "The session store takes no feedback")]
    private partial void LogStoreFailed(Exception exception);
}
