using System.Collections.Frozen;

namespace MTRec.Core.Sessions;

/// <summary>What a user did with one shown item. The wire names are the members in camelCase.</summary>
[Flags]
public enum UserActions
{
    /// <summary>Shown and left alone.</summary>
    None = 0,

    /// <summary>Opened the item.</summary>
    Click = 1 << 0,

    /// <summary>Consumed it for long enough, as the caller defines it.</summary>
    LongView = 1 << 1,

    /// <summary>Liked it.</summary>
    Like = 1 << 2,

    /// <summary>Followed its author.</summary>
    Follow = 1 << 3,

    /// <summary>Commented on it.</summary>
    Comment = 1 << 4,

    /// <summary>Forwarded it to somebody.</summary>
    Forward = 1 << 5,

    /// <summary>Entered its author's profile.</summary>
    ProfileEnter = 1 << 6,

    /// <summary>Saved it for later.</summary>
    Favorite = 1 << 7,

    /// <summary>Bought it or converted otherwise.</summary>
    Purchase = 1 << 8,

    /// <summary>Asked for less of it.</summary>
    Hate = 1 << 9,

    /// <summary>Reported it.</summary>
    Report = 1 << 10,
}

/// <summary>The wire names of <see cref="UserActions"/>.</summary>
public static class UserActionNames
{
    /// <summary>Follow, comment, forward or profile enter: rare, deliberate signs of approval, grouped because each alone is too rare to learn.</summary>
    public const UserActions StrongPositive = UserActions.Follow | UserActions.Comment | UserActions.Forward | UserActions.ProfileEnter;

    /// <summary>Every action's name, in the order of the flags.</summary>
    public static IReadOnlyList<string> All { get; } =
        [.. Enum.GetValues<UserActions>().Where(action => action != UserActions.None).Select(NameOf)];

    private static readonly FrozenDictionary<string, UserActions> ByName =
        Enum.GetValues<UserActions>().Where(action => action != UserActions.None).ToFrozenDictionary(NameOf, StringComparer.Ordinal);

    /// <summary>Finds the action of a wire name, case-sensitively.</summary>
    public static bool TryParse(string name, out UserActions action) => ByName.TryGetValue(name, out action);

    /// <summary>The wire names of the actions set in <paramref name="actions"/>.</summary>
    public static IEnumerable<string> Of(UserActions actions) =>
        ByName.Where(pair => actions.HasFlag(pair.Value)).OrderBy(pair => pair.Value).Select(pair => pair.Key);

    private static string NameOf(UserActions action)
    {
        var name = action.ToString();
        return char.ToLowerInvariant(name[0]) + name[1..];
    }
}
