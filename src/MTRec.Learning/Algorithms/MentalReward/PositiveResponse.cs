using MTRec.Core.Sessions;
using MTRec.Data.Logs;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>What counts as wanting an item; anything else is a skip.</summary>
/// <param name="Actions">The response is positive where it holds any of these actions,</param>
/// <param name="WatchSeconds">or where the user watched for longer than this; null where the watch time does not matter,</param>
/// <param name="WatchShare">or where the user watched at least this share of the item; null where the share does not matter.</param>
public sealed record PositiveResponse(UserActions Actions, float? WatchSeconds = null, float? WatchShare = null)
{
    /// <summary>A long view: consumption rather than a click, which a headline can win.</summary>
    public static PositiveResponse LongView { get; } = new(UserActions.LongView);

    /// <summary>Valid consumption: more than 10 seconds.</summary>
    public static PositiveResponse ValidConsumption { get; } = new(UserActions.None, 10);

    /// <summary>Whether a row's response is positive.</summary>
    public bool Holds(ImpressionLog log, int row) =>
        (log.Actions[row] & Actions) != 0
        || (WatchSeconds is { } seconds && log.WatchSeconds[row] > seconds)
        || (WatchShare is { } share && log.WatchSeconds[row] >= share * log.DurationSeconds[row]);
}
