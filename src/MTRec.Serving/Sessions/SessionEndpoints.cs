using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Serving.EventLog;
using MTRec.Serving.Http;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Sessions;

/// <summary><c>GET|DELETE /v1/users/{userId}/session</c>.</summary>
internal sealed class SessionEndpoints(ISessionStore sessions, EventQueue queue, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Shows what is remembered of a user.</summary>
    public async Task<SessionAnswer> GetAsync(string userId, CancellationToken cancellation)
    {
        RequireId(userId);
        var session = await ReachAsync(() => sessions.FindAsync(userId, cancellation))
            ?? throw new RefusedException(new Problem(StatusCodes.Status404NotFound, "Nothing is remembered of this user."));
        return new SessionAnswer(userId, session.TotalEvents, [.. session.Events.Select(Describe)]);
    }

    /// <summary>
    /// Forgets a user: the session, and feedback and exposures that still wait to be written to the event log. An event there tells who reads the
    /// log to forget the others; without room for it nothing is done, and the caller can send the same call again.
    /// </summary>
    public async Task DeleteAsync(string userId, CancellationToken cancellation)
    {
        RequireId(userId);
        if (!queue.TryReserve(EventSize.OfForget))
            throw new RefusedException(Problem.Unavailable("The event log takes no events for now; nothing was forgotten.", Pause));
        Task<bool> written;
        try
        {
            await ReachAsync(() => sessions.ForgetAsync(userId, cancellation));
        }
        finally
        {
            queue.Forget(userId);
            written = queue.Add(new ForgetEvent { UserId = userId, Received = time.GetUtcNow() }, EventSize.OfForget);
        }

        if (!await queue.IsKeptAsync(written))
            throw new RefusedException(Problem.Unavailable("The event log is slow; send the call again.", Pause));
    }

    private static async ValueTask<T> ReachAsync<T>(Func<ValueTask<T>> call)
    {
        try
        {
            return await call();
        }
        catch (SessionStoreException e)
        {
            throw new RefusedException(Problem.Unavailable($"The session store is out of reach: {e.Message}", Pause));
        }
    }

    private static void RequireId(string userId)
    {
        if (JsonText.IdFault(userId) is { } fault)
            throw new RefusedException(Problem.Invalid("userId", fault));
    }

    private static SessionAnswerEvent Describe(SessionEvent shown) => new(
        shown.ItemId,
        DateTimeOffset.FromUnixTimeMilliseconds(shown.TimestampMs),
        [.. UserActionNames.Of(shown.Actions)],
        shown.WatchSeconds);
}
