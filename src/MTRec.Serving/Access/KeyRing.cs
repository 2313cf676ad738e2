using System.Security.Cryptography;

namespace MTRec.Serving.Access;

/// <summary>What a key turned out to be.</summary>
internal enum KeyVerdict
{
    /// <summary>It is good.</summary>
    Good,

    /// <summary>It is none of the ring.</summary>
    Unknown,

    /// <summary>It was good once.</summary>
    Expired,
}

/// <summary>The keys in force, and who calls without one. Immutable.</summary>
internal sealed class KeyRing
{
    private readonly Entry[] _entries;

    /// <summary>Takes the keys of <paramref name="options"/>, which have no fault.</summary>
    /// <param name="options">The options.</param>
    /// <param name="isPrivate">Whether only this machine reaches the service.</param>
    public KeyRing(AccessOptions options, bool isPrivate)
    {
        IsPrivate = isPrivate;
        var common = Rate.Of(options.RequestsPerSecond, options.Burst);
        _entries =
        [
            .. options.Keys.Select(key => new Entry(
                Convert.FromHexString(key.Sha256),
                new Caller(key.Name, key.Scopes, Rate.Of(key.RequestsPerSecond, key.Burst) ?? common),
                key.Expires ?? DateTimeOffset.MaxValue)),
        ];
        var isAdmin = isPrivate || options.AnonymousAdmin;
        var isOpen = _entries.Length == 0 && (isPrivate || options.AllowAnonymous);
        Anonymous = isOpen ? new Caller(null, Enum.GetValues<Scope>().Where(scope => scope != Scope.Admin || isAdmin), common) : null;
    }

    /// <summary>Who calls without a key; null where every caller needs one.</summary>
    public Caller? Anonymous { get; }

    /// <summary>Whether only this machine reaches the service.</summary>
    public bool IsPrivate { get; }

    /// <summary>The number of keys.</summary>
    public int Count => _entries.Length;

    /// <summary>The names of the keys that are good for nothing any more.</summary>
    public IEnumerable<string> ExpiredAt(DateTimeOffset now) => _entries.Where(entry => entry.Expires <= now).Select(entry => entry.Caller.Key!);

    /// <summary>Finds the key that a caller sent. How long it takes says nothing of the keys: each is compared to its end, and all are compared.</summary>
    /// <param name="text">What the caller sent.</param>
    /// <param name="now">The moment.</param>
    /// <param name="caller">Whose key it is, where it is good.</param>
    public KeyVerdict Find(ReadOnlySpan<char> text, DateTimeOffset now, out Caller? caller)
    {
        caller = null;
        Span<byte> hash = stackalloc byte[ApiKey.HashLength];
        if (!ApiKey.TryHash(text, hash))
            return KeyVerdict.Unknown;
        Entry? found = null;
        foreach (var entry in _entries)
        {
            if (CryptographicOperations.FixedTimeEquals(entry.Hash, hash))
                found = entry;
        }

        if (found is null)
            return KeyVerdict.Unknown;
        if (found.Expires <= now)
            return KeyVerdict.Expired;
        caller = found.Caller;
        return KeyVerdict.Good;
    }

    private sealed record Entry(byte[] Hash, Caller Caller, DateTimeOffset Expires);
}
