using MTRec.Core.Sessions;

namespace MTRec.Serving.Sessions;

/// <summary>Remembers the users. A seam: sessions live in this process, or in a Redis that all replicas share.</summary>
internal interface ISessionStore
{
    /// <summary>What is remembered of a user, or null.</summary>
    /// <exception cref="SessionStoreException">The store is out of reach: ranking goes on without a session.</exception>
    ValueTask<UserSession?> FindAsync(string userId, CancellationToken cancellation);

    /// <summary>Adds one impression, whole or not at all. Concurrent calls for one user neither lose nor double one.</summary>
    /// <returns>Whether it was new: the same <paramref name="eventId"/> counts once.</returns>
    /// <exception cref="SessionStoreException">The store is out of reach; the exception knows whether the impression may have been added.</exception>
    ValueTask<bool> ApplyAsync(string userId, string eventId, SessionEvent sessionEvent, CancellationToken cancellation);

    /// <summary>Forgets a user.</summary>
    /// <returns>Whether anything was remembered.</returns>
    /// <exception cref="SessionStoreException">The store is out of reach.</exception>
    ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellation);
}

/// <summary>The session store did not do what was asked of it.</summary>
/// <param name="message">What went wrong.</param>
/// <param name="mayHaveApplied">Whether nobody knows that nothing was changed: the answer is missing, not the deed.</param>
/// <param name="cause">What the store said.</param>
internal sealed class SessionStoreException(string message, bool mayHaveApplied, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Whether a change that was asked for may have taken place, or may still do.</summary>
    public bool MayHaveApplied { get; } = mayHaveApplied;
}
