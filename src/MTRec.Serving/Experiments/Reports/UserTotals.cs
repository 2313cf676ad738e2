using MTRec.Core.Events;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>What one user did, summed.</summary>
/// <param name="Requests">Answered rank calls.</param>
/// <param name="Clicks">Clicked items.</param>
/// <param name="LongViews">Items viewed for long.</param>
/// <param name="Likes">Liked items.</param>
/// <param name="WatchSeconds">Seconds watched.</param>
internal readonly record struct UserTotals(double Requests, double Clicks, double LongViews, double Likes, double WatchSeconds)
{
    /// <summary>The metrics' names and how they are read.</summary>
    public static IReadOnlyList<(string Name, Func<UserTotals, double> Of)> Metrics { get; } =
    [
        ("requests", totals => totals.Requests),
        ("clicks", totals => totals.Clicks),
        ("longViews", totals => totals.LongViews),
        ("likes", totals => totals.Likes),
        ("watchSeconds", totals => totals.WatchSeconds),
    ];

    /// <summary>What one event adds.</summary>
    public static UserTotals Of(LoggedEvent logged) => logged is FeedbackEvent feedback
        ? new UserTotals(0, Has(feedback, "click"), Has(feedback, "longView"), Has(feedback, "like"), feedback.WatchSeconds ?? 0)
        : new UserTotals(1, 0, 0, 0, 0);

    /// <summary>Adds.</summary>
    public static UserTotals operator +(UserTotals a, UserTotals b) =>
        new(a.Requests + b.Requests, a.Clicks + b.Clicks, a.LongViews + b.LongViews, a.Likes + b.Likes, a.WatchSeconds + b.WatchSeconds);

    /// <summary>Subtracts.</summary>
    public static UserTotals operator -(UserTotals a, UserTotals b) =>
        new(a.Requests - b.Requests, a.Clicks - b.Clicks, a.LongViews - b.LongViews, a.Likes - b.Likes, a.WatchSeconds - b.WatchSeconds);

    private static double Has(FeedbackEvent feedback, string action) => feedback.Actions.Contains(action) ? 1 : 0;
}
