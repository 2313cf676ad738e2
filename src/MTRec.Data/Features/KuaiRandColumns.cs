using MTRec.Data.KuaiRand;

namespace MTRec.Data.Features;

/// <summary>One numeric feature of a user or an item.</summary>
/// <param name="Name">The feature's name on the wire.</param>
/// <param name="Min">Lowest value; what is below it is clipped.</param>
/// <param name="Max">Highest value; generous, since the service refuses what is beyond it.</param>
/// <param name="Value">Reads the value; NaN where it is unknown.</param>
internal sealed record NumericColumn<T>(string Name, float Min, float Max, Func<T, float> Value);

/// <summary>One categorical feature of a user or an item.</summary>
/// <param name="Name">The feature's name on the wire.</param>
/// <param name="Text">Reads the category; empty where it is unknown.</param>
internal sealed record CategoricalColumn<T>(string Name, Func<T, string> Text);

/// <summary>A video with how it fared.</summary>
/// <param name="Video">Its description, null where the file lacks it.</param>
/// <param name="Statistic">How it fared on the training log.</param>
/// <param name="LogDurationSeconds">Its length by the training log, where the description lacks it; NaN where unknown.</param>
internal readonly record struct ItemSource(VideoProfile? Video, ItemStatistic Statistic, float LogDurationSeconds);

/// <summary>KuaiRand's columns by the names that features have in the service.</summary>
internal static class KuaiRandColumns
{
    public const string Hour = "hour";
    public const string DayOfWeek = "dayOfWeek";
    public const string Tab = "tab";

    /// <summary>Day 0 of <c>uploadDay</c>.</summary>
    public static readonly DateOnly UploadEpoch = new(2022, 1, 1);

    public static readonly NumericColumn<UserProfile>[] UserNumbers =
    [
        new("isLowActivePeriod", 0, 1, user => user.IsLowActivePeriod),
        // The set tells only who is one.
        new("isLiveStreamer", 0, 1, user => user.IsLiveStreamer > 0 ? 1 : 0),
        new("isVideoAuthor", 0, 1, user => user.IsVideoAuthor),
        new("followCount", 0, 1e9f, user => user.FollowCount),
        new("fansCount", 0, 1e9f, user => user.FansCount),
        new("friendCount", 0, 1e9f, user => user.FriendCount),
        new("registerDays", 0, 36_500, user => user.RegisterDays),
    ];

    public static readonly CategoricalColumn<UserProfile>[] UserCategories =
    [
        new("activeDegree", user => user.ActiveDegree),
        .. Enumerable.Range(0, UserProfile.OneHotCount)
            .Select(i => new CategoricalColumn<UserProfile>($"onehot{i}", user => user.OneHot[i])),
    ];

    public static readonly NumericColumn<ItemSource>[] ItemNumbers =
    [
        new("duration", 0, 86_400, item => item.Video is { DurationSeconds: > 0 } video ? video.DurationSeconds : item.LogDurationSeconds),
        new("width", 0, 16_384, item => item.Video?.Width ?? float.NaN),
        new("height", 0, 16_384, item => item.Video?.Height ?? float.NaN),
        new("uploadDay", -36_500, 36_500, item => item.Video?.UploadDate is { } date ? date.DayNumber - UploadEpoch.DayNumber : float.NaN),
        new("clickRate", 0, 1, item => item.Statistic.ClickRate),
        new("longViewRate", 0, 1, item => item.Statistic.LongViewRate),
        new("likeRate", 0, 1, item => item.Statistic.LikeRate),
        new("playRatio", 0, ItemStatistics.MaxPlayRatio, item => item.Statistic.PlayRatio),
        new("logCount", 0, 30, item => item.Statistic.LogCount),
    ];

    public static readonly CategoricalColumn<ItemSource>[] ItemCategories =
    [
        new("uploadType", item => item.Video?.UploadType ?? ""),
        new("videoType", item => item.Video?.VideoType ?? ""),
        new("musicType", item => item.Video?.MusicType ?? ""),
        new("tag", item => item.Video?.Tags.FirstOrDefault() ?? ""),
    ];
}
