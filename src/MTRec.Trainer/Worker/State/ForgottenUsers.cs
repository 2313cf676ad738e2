using System.Security.Cryptography;
using System.Text;
using MTRec.Core.Events;

namespace MTRec.Trainer.Worker.State;

/// <summary>
/// Users who are forgotten, known by a salted hash of their ids alone. An event that was received until the deletion is dropped, however late it
/// comes; who comes back later is a new user.
/// </summary>
internal sealed class ForgottenUsers
{
    private readonly byte[] _salt;
    private readonly int _parts;
    private readonly Dictionary<string, ForgottenUser> _users;

    /// <summary>Those of a commit.</summary>
    public ForgottenUsers(Commit commit)
    {
        _parts = commit.Parts;
        _salt = Convert.FromHexString(commit.Salt);
        _users = new Dictionary<string, ForgottenUser>(commit.Forgotten, StringComparer.Ordinal);
    }

    /// <summary>For the next commit.</summary>
    public IReadOnlyDictionary<string, ForgottenUser> Users => _users;

    /// <summary>The parts where somebody's events may still be.</summary>
    public IReadOnlySet<int> PartsToErase => _users.Values.Where(user => !user.IsErased).Select(user => user.Part).ToHashSet();

    /// <summary>Takes a deletion in.</summary>
    public void Add(ForgetEvent deletion)
    {
        var hash = Hash(deletion.UserId);
        if (_users.GetValueOrDefault(hash) is not { } known || known.Until < deletion.Received)
            _users[hash] = new ForgottenUser(UserPart.Of(deletion.UserId, _parts), deletion.Received, IsErased: false);
    }

    /// <summary>Whether an event is to be dropped.</summary>
    public bool Drops(LoggedEvent entry) =>
        _users.Count > 0 && _users.GetValueOrDefault(Hash(entry.UserId)) is { } user && entry.Received <= user.Until;

    /// <summary>All events until now are erased.</summary>
    public void MarkErased()
    {
        foreach (var (hash, user) in _users.ToArray())
            _users[hash] = user with { IsErased = true };
    }

    /// <summary>Leaves off those whose events would be out of the window in any case.</summary>
    /// <param name="firstDay">The window's first day.</param>
    public void Expire(DateOnly firstDay)
    {
        foreach (var (hash, user) in _users.ToArray())
        {
            if (user.IsErased && DateOnly.FromDateTime(user.Until.UtcDateTime) < firstDay)
                _users.Remove(hash);
        }
    }

    /// <summary>What stands for a user, hexadecimal.</summary>
    public string Hash(string userId) => Convert.ToHexStringLower(SHA256.HashData([.. _salt, .. Encoding.UTF8.GetBytes(userId)]));
}
