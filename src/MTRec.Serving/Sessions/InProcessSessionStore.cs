using MTRec.Core.Sessions;

namespace MTRec.Serving.Sessions;

/// <summary>
/// Sessions in this process's memory, bounded in users and in estimated bytes. Who gave feedback longest ago is forgotten first,
/// and everybody some time after the last feedback.
/// </summary>
internal sealed class InProcessSessionStore : ISessionStore
{
    private readonly Shard[] _shards;

    /// <summary>Starts with no user.</summary>
    public InProcessSessionStore(SessionStoreOptions options, TimeProvider time)
    {
        // Enough that two threads seldom meet; every shard bounds its own part.
        const int Shards = 16;
        _shards = new Shard[Shards];
        for (var i = 0; i < Shards; i++)
            _shards[i] = new Shard(options, time, options.MaxUsers / Shards, options.MaxBytes / Shards);
    }

    /// <summary>Users remembered.</summary>
    public int Users => _shards.Sum(shard => shard.Users);

    /// <summary>Estimated bytes of their sessions.</summary>
    public long Bytes => _shards.Sum(shard => shard.Bytes);

    /// <inheritdoc/>
    public ValueTask<UserSession?> FindAsync(string userId, CancellationToken cancellation) => new(Of(userId).Find(userId));

    /// <inheritdoc/>
    public ValueTask<bool> ApplyAsync(string userId, string eventId, SessionEvent sessionEvent, CancellationToken cancellation) =>
        new(Of(userId).Apply(userId, eventId, sessionEvent));

    /// <inheritdoc/>
    public ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellation) => new(Of(userId).Forget(userId));

    private Shard Of(string userId) => _shards[(uint)string.GetHashCode(userId, StringComparison.Ordinal) % (uint)_shards.Length];

    private sealed class Shard(SessionStoreOptions options, TimeProvider time, int maxUsers, long maxBytes)
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, LinkedListNode<Entry>> _users = new(StringComparer.Ordinal);

        // By the last feedback, the oldest first: those to be forgotten stand in front.
        private readonly LinkedList<Entry> _byFeedback = new();
        private readonly SessionLimits _limits = new(options.Events, options.EventIds, options.EventBytes);

        public int Users
        {
            get
            {
                lock (_gate)
                    return _users.Count;
            }
        }

        public long Bytes { get; private set; }

        public UserSession? Find(string userId)
        {
            lock (_gate)
            {
                if (!_users.TryGetValue(userId, out var node))
                    return null;
                if (!IsExpired(node.Value))
                    return node.Value.Session;
                Remove(node);
                return null;
            }
        }

        public bool Apply(string userId, string eventId, SessionEvent sessionEvent)
        {
            lock (_gate)
            {
                var node = _users.GetValueOrDefault(userId);
                if (node is not null && IsExpired(node.Value))
                {
                    Remove(node);
                    node = null;
                }

                var (next, applied) = (node?.Value.Session ?? UserSession.Empty).Apply(eventId, sessionEvent, _limits);
                if (!applied)
                    return false;
                if (node is not null)
                    Remove(node);
                Add(new Entry(userId, next, SessionSize.Of(userId, next), time.GetTimestamp()));
                MakeRoom();
                return true;
            }
        }

        public bool Forget(string userId)
        {
            lock (_gate)
            {
                if (!_users.TryGetValue(userId, out var node))
                    return false;
                var remembered = !IsExpired(node.Value);
                Remove(node);
                return remembered;
            }
        }

        private void MakeRoom()
        {
            while (_byFeedback.First is { } oldest && (_users.Count > maxUsers || Bytes > maxBytes || IsExpired(oldest.Value)))
                Remove(oldest);
        }

        private bool IsExpired(Entry entry) => time.GetElapsedTime(entry.Touched) >= options.Expiry;

        private void Add(Entry entry)
        {
            _users.Add(entry.UserId, _byFeedback.AddLast(entry));
            Bytes += entry.Bytes;
        }

        private void Remove(LinkedListNode<Entry> node)
        {
            _byFeedback.Remove(node);
            _users.Remove(node.Value.UserId);
            Bytes -= node.Value.Bytes;
        }
    }

    private sealed record Entry(string UserId, UserSession Session, long Bytes, long Touched);
}
