namespace MTRec.Data.OpenBandit;

/// <summary>One item shown in one of the three places of a page, as the Open Bandit Dataset logs it (Saito et al. 2021).</summary>
public readonly record struct OpenBanditRow
{
    /// <summary>Places of a page.</summary>
    public const int Positions = 3;

    /// <summary>The 1-based row of the file.</summary>
    public required long Row { get; init; }

    /// <summary>When it was shown; null where the file does not tell.</summary>
    public required DateTimeOffset? Time { get; init; }

    /// <summary>The item, from 0.</summary>
    public required int Item { get; init; }

    /// <summary>The place, 1 to 3: left, middle, right.</summary>
    public required int Position { get; init; }

    /// <summary>Whether it was clicked.</summary>
    public required bool Clicked { get; init; }

    /// <summary>The chance with which the logging policy showed this item in this place; NaN where it is missing or no number, else as the file says.</summary>
    public required double Propensity { get; init; }

    /// <summary>The user's four hashed features, joined. The set has no user ids: users with like features cannot be told apart.</summary>
    public required string Profile { get; init; }

    /// <summary>How often the user clicked this item before (<c>user-item_affinity</c> of the item shown); NaN where the file does not tell.</summary>
    public required float Affinity { get; init; }
}
