using MTRec.Core.Sessions;
using MTRec.Serving.Operations;

namespace MTRec.Serving.Sessions;

/// <summary>Where sessions live.</summary>
internal enum SessionStoreKind
{
    /// <summary>In this process's memory.</summary>
    InProcess,

    /// <summary>In Redis, shared by all replicas: section <see cref="Redis.RedisOptions"/>.</summary>
    Redis,
}

/// <summary>What is remembered of users, where, and for how long: section <c>Sessions</c>.</summary>
internal sealed class SessionStoreOptions : ICheckedOptions
{
    /// <summary>The section.</summary>
    public const string Section = "Sessions";

    /// <summary>Where sessions live. Default InProcess.</summary>
    public SessionStoreKind Store { get; set; } = SessionStoreKind.InProcess;

    /// <summary>Users remembered at most by the store in process (Redis has its own <c>maxmemory</c>), 100 to 100,000,000. Default 1,000,000.</summary>
    public int MaxUsers { get; set; } = 1_000_000;

    /// <summary>Estimated bytes of all sessions in process at most, from 1,048,576 (1 MiB) on. Default 1,073,741,824 (1 GiB).</summary>
    public long MaxBytes { get; set; } = 1L << 30;

    /// <summary>A user is forgotten that long after the last feedback: 1 second to 365 days. Default 7 days.</summary>
    public TimeSpan Expiry { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Impressions kept of one user, 1 to 1,000. Default 100.</summary>
    public int Events { get; set; } = SessionLimits.Default.Events;

    /// <summary>
    /// Bytes of one user's impressions at most, in the form that Redis keeps: some 21 each and the item's id. Where ids are long the
    /// oldest impressions are dropped before there are <see cref="Events"/> of them. 1,024 to 65,536. Default 4,000.
    /// </summary>
    public int EventBytes { get; set; } = SessionLimits.DefaultBytes;

    /// <summary>Feedback ids kept of one user, 1 to 10,000: sent again within them, feedback counts once. Default 1,000.</summary>
    public int EventIds { get; set; } = 1000;

    /// <inheritdoc/>
    public IEnumerable<string> Faults()
    {
        if (!Enum.IsDefined(Store))
            yield return $"Store must be one of {string.Join(", ", Enum.GetNames<SessionStoreKind>())}.";
        if (MaxUsers is < 100 or > 100_000_000)
            yield return $"MaxUsers must be in [100, 100000000], not {MaxUsers}.";
        if (MaxBytes < 1 << 20)
            yield return $"MaxBytes must be at least {1 << 20}, not {MaxBytes}.";
        if (Expiry < TimeSpan.FromSeconds(1) || Expiry > TimeSpan.FromDays(365))
            yield return $"Expiry must be from 1 second to 365 days, not {Expiry}.";
        if (Events is < 1 or > 1000)
            yield return $"Events must be in [1, 1000], not {Events}.";
        if (EventBytes is < 1024 or > 1 << 16)
            yield return $"EventBytes must be in [1024, {1 << 16}], not {EventBytes}.";
        if (EventIds is < 1 or > 10_000)
            yield return $"EventIds must be in [1, 10000], not {EventIds}.";
    }
}
