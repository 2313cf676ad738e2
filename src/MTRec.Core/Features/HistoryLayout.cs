using MTRec.Core.Sessions;

namespace MTRec.Core.Features;

/// <summary>
/// The user's latest impressions as a tensor [1, length, width]. The newest stands in the last row; rows before the first
/// impression are zero. Columns: present (1), seconds before now, seconds watched, one 0/1 column an action, then the item's
/// row as in <c>candidates</c>.
/// </summary>
/// <param name="Length">Impressions looked back upon, 1 or more.</param>
/// <param name="Actions">Wire names of the actions that have a column (<see cref="UserActionNames"/>), in order.</param>
public sealed record HistoryLayout(int Length, IReadOnlyList<string> Actions)
{
    /// <summary>Column that is 1 where the row holds an impression.</summary>
    public const int PresentColumn = 0;

    /// <summary>Column of the seconds between the impression and now.</summary>
    public const int AgeColumn = 1;

    /// <summary>Column of the seconds watched.</summary>
    public const int WatchColumn = 2;

    /// <summary>First action column.</summary>
    public const int ActionStart = 3;
}
