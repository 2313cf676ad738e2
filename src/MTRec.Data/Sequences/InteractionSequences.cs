namespace MTRec.Data.Sequences;

/// <summary>What users consumed, in the order of time; nothing is known of what they were shown and did not take.</summary>
/// <param name="ItemIds">The file's id of each item, ascending; items are counted from 1, so that 0 can stand for none: id of item i at i - 1.</param>
/// <param name="Users">One a user, in the file's order.</param>
public sealed record InteractionSequences(IReadOnlyList<long> ItemIds, IReadOnlyList<UserSequence> Users)
{
    /// <summary>Number of items; they are 1 .. <see cref="ItemCount"/>.</summary>
    public int ItemCount => ItemIds.Count;

    /// <summary>Numbers the items of a file.</summary>
    internal static InteractionSequences Of(IReadOnlyList<(long User, List<long> Items)> users)
    {
        long[] ids = [.. users.SelectMany(user => user.Items).Distinct().Order()];
        var places = ids.Select((id, place) => (id, place)).ToDictionary(pair => pair.id, pair => pair.place + 1);
        return new InteractionSequences(ids, [.. users.Select(user => new UserSequence(user.User, [.. user.Items.Select(id => places[id])]))]);
    }
}

/// <summary>What one user consumed.</summary>
/// <param name="UserId">The file's id of the user.</param>
/// <param name="Items">Items, oldest first, 1 or more.</param>
public sealed record UserSequence(long UserId, IReadOnlyList<int> Items);
