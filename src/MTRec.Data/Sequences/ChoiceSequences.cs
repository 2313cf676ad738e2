namespace MTRec.Data.Sequences;

/// <summary>
/// A log of choices made from consumption alone, which says nothing of what was shown and not taken. Before or after each item that a user
/// took stand items that the user never took, drawn evenly from all, as skipped: the protocol of DIN and DIEN. A user's n items become n
/// rounds of 1 + <see cref="SkipsPerRound"/> items in random order.
/// </summary>
/// <remarks>The skips are ours, not the users': a figure on them compares models and says nothing of real impressions.</remarks>
public sealed class ChoiceSequences
{
    private ChoiceSequences(InteractionSequences source, int skipsPerRound, IReadOnlyList<UserChoices> users)
    {
        Source = source;
        SkipsPerRound = skipsPerRound;
        Users = users;
    }

    /// <summary>What the users took.</summary>
    public InteractionSequences Source { get; }

    /// <summary>Skipped items a taken one.</summary>
    public int SkipsPerRound { get; }

    /// <summary>One a user of the source, in its order.</summary>
    public IReadOnlyList<UserChoices> Users { get; }

    /// <summary>Draws the skips. The same seed draws the same.</summary>
    /// <param name="source">What the users took.</param>
    /// <param name="skipsPerRound">Skipped items a taken one, 1 or more.</param>
    /// <param name="seed">Seed of the draws.</param>
    /// <exception cref="ArgumentException">A user took so many of the items that too few are left to skip.</exception>
    public static ChoiceSequences Draw(InteractionSequences source, int skipsPerRound, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(skipsPerRound, 1);
        var random = new Random(seed);
        return new ChoiceSequences(source, skipsPerRound, [.. source.Users.Select(user => Draw(source, user, skipsPerRound, random))]);
    }

    private static UserChoices Draw(InteractionSequences source, UserSequence user, int skipsPerRound, Random random)
    {
        var taken = user.Items.ToHashSet();
        if (source.ItemCount - taken.Count < skipsPerRound)
            throw new ArgumentException($"The user {user.UserId} took {taken.Count} of {source.ItemCount} items; too few are left to skip.", nameof(source));
        var choices = new Choice[user.Items.Count * (1 + skipsPerRound)];
        var skips = new HashSet<int>();
        for (var round = 0; round < user.Items.Count; round++)
        {
            skips.Clear();
            while (skips.Count < skipsPerRound)
            {
                var item = 1 + random.Next(source.ItemCount);
                if (!taken.Contains(item))
                    skips.Add(item);
            }

            var shown = choices.AsSpan(round * (1 + skipsPerRound), 1 + skipsPerRound);
            shown[0] = new Choice(user.Items[round], true, round);
            var place = 1;
            foreach (var item in skips)
                shown[place++] = new Choice(item, false, round);
            random.Shuffle(shown);
        }

        return new UserChoices(user, choices);
    }
}

/// <summary>One user's choices in the order of time.</summary>
/// <param name="User">What the user took.</param>
/// <param name="Choices">All that was shown.</param>
public sealed record UserChoices(UserSequence User, IReadOnlyList<Choice> Choices);

/// <summary>One shown item and the response.</summary>
/// <param name="Item">The item, 1 or more.</param>
/// <param name="Taken">Whether the response was positive; otherwise it was skipped.</param>
/// <param name="Round">How many items the user had taken before this round.</param>
public readonly record struct Choice(int Item, bool Taken, int Round);
