using MTRec.Core.Sessions;

namespace MTRec.Serving.Sessions;

/// <summary>
/// Remembers the users. A seam: sessions live in this process, or in a store that all replicas share. A call may throw when the
/// store is out of reach: ranking then goes on without a session.
/// </summary>
internal interface ISessionStore
{
    /// <summary>What is remembered of a user, or null.</summary>
    ValueTask<UserSession?> FindAsync(string userId, CancellationToken cancellation);

    /// <summary>Adds one impression. Concurrent calls for one user neither lose nor double one.</summary>
    /// <returns>Whether it was new: the same <paramref name="eventId"/> counts once.</returns>
    ValueTask<bool> ApplyAsync(string userId, string eventId, SessionEvent sessionEvent, CancellationToken cancellation);

    /// <summary>Forgets a user.</summary>
    /// <returns>Whether anything was remembered.</returns>
    ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellation);
}
