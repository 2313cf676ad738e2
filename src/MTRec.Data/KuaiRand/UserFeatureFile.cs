using System.Collections.Immutable;

namespace MTRec.Data.KuaiRand;

/// <summary>A user, as KuaiRand describes one. Unknown numbers are NaN, unknown categories empty.</summary>
public sealed record UserProfile
{
    /// <summary>Number of anonymous categories.</summary>
    public const int OneHotCount = 18;

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary>How often the user comes, such as <c>full_active</c>.</summary>
    public required string ActiveDegree { get; init; }

    /// <summary>1 in a period of low activity, else 0.</summary>
    public required float IsLowActivePeriod { get; init; }

    /// <summary>1 for a live streamer; the set has no 0, only 1 and unknown.</summary>
    public required float IsLiveStreamer { get; init; }

    /// <summary>1 for an author of videos, else 0.</summary>
    public required float IsVideoAuthor { get; init; }

    /// <summary>Users followed.</summary>
    public required float FollowCount { get; init; }

    /// <summary>Followers.</summary>
    public required float FansCount { get; init; }

    /// <summary>Friends.</summary>
    public required float FriendCount { get; init; }

    /// <summary>Days since the registration.</summary>
    public required float RegisterDays { get; init; }

    /// <summary>The anonymous categories [<see cref="OneHotCount"/>].</summary>
    public required ImmutableArray<string> OneHot { get; init; }
}

/// <summary>Reads KuaiRand's <c>user_features</c>, CSV or CSV.GZ; only <c>user_id</c> is needed.</summary>
public static class UserFeatureFile
{
    /// <summary>The users, in the file's order.</summary>
    /// <exception cref="DataFormatException">The file is empty, damaged or lacks <c>user_id</c>.</exception>
    public static IReadOnlyList<UserProfile> Read(string path, out FeatureFileReport report) =>
        FeatureFile.ReadAll(CsvSource.Open(path, "user_id"), "user_id", Rows, out report);

    /// <summary>As the other overload, from a stream, which is closed.</summary>
    /// <inheritdoc cref="Read(string, out FeatureFileReport)"/>
    public static IReadOnlyList<UserProfile> Read(Stream stream, string name, out FeatureFileReport report) =>
        FeatureFile.ReadAll(CsvSource.Open(stream, name, "user_id"), "user_id", Rows, out report);

    private static Func<UserProfile> Rows(FeatureFile file)
    {
        var activeDegree = file.Column("user_active_degree");
        var lowActive = file.Column("is_lowactive_period");
        var liveStreamer = file.Column("is_live_streamer");
        var videoAuthor = file.Column("is_video_author");
        var follow = file.Column("follow_user_num");
        var fans = file.Column("fans_user_num");
        var friends = file.Column("friend_user_num");
        var registerDays = file.Column("register_days");
        var oneHot = Enumerable.Range(0, UserProfile.OneHotCount).Select(i => file.Column($"onehot_feat{i}")).ToArray();

        return () => new UserProfile
        {
            UserId = file.Id,
            ActiveDegree = file.Category(activeDegree),
            IsLowActivePeriod = file.Quantity(lowActive),
            IsLiveStreamer = file.Quantity(liveStreamer),
            IsVideoAuthor = file.Quantity(videoAuthor),
            FollowCount = file.Quantity(follow),
            FansCount = file.Quantity(fans),
            FriendCount = file.Quantity(friends),
            RegisterDays = file.Quantity(registerDays),
            OneHot = [.. oneHot.Select(file.Category)],
        };
    }
}
