using System.Text;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.KuaiRand;

public class FeatureFileTests
{
    [Fact]
    public void A_user_is_read_whole_with_gaps_as_unknown()
    {
        var users = Users(
            "user_id,user_active_degree,is_lowactive_period,is_live_streamer,is_video_author,follow_user_num,follow_user_num_range,"
            + "fans_user_num,friend_user_num,register_days,onehot_feat0,onehot_feat4,onehot_feat12\n"
            + "7,full_active,0,-124,1,514,500+,150.0,,799,1,4.0,\n"
            + "8,UNKNOWN,,1,x,-124,\"(0,10]\",1e3,2,3,0,nan,1.0\n",
            out var report);

        Assert.Equal(("7", "full_active"), (users[0].UserId, users[0].ActiveDegree));
        Assert.Equal(
            [0, float.NaN, 1, 514, 150, float.NaN, 799],
            Numbers(users[0]));
        Assert.Equal(["1", "", "", "", "4"], users[0].OneHot.Take(5));
        Assert.Equal("", users[0].OneHot[12]);
        Assert.Equal("", users[1].ActiveDegree);
        Assert.Equal(
            [float.NaN, 1, float.NaN, float.NaN, 1000, 2, 3],
            Numbers(users[1]));
        Assert.Equal(("0", "", "1"), (users[1].OneHot[0], users[1].OneHot[4], users[1].OneHot[12]));
        Assert.Equal(1, report.BadCells);
    }

    [Fact]
    public void Broken_and_repeated_rows_are_dropped_and_counted()
    {
        var users = Users("user_id,register_days\n1,5\n,6\n1,7\n2\n2,8,9\n\"3,1\n4,9\n", out var report);
        Assert.Equal(["1", "4"], users.Select(user => user.UserId));
        Assert.Equal(5, users[0].RegisterDays);
        Assert.Equal((7L, 2L, 1L, 1L, 3L), (report.Read, report.Kept, report.MissingIds, report.RepeatedIds, report.BrokenRows));
    }

    [Fact]
    public void The_id_alone_suffices_and_is_needed()
    {
        Assert.Equal(float.NaN, Assert.Single(Users("user_id\n1", out _)).RegisterDays);
        var refusal = Assert.Throws<DataFormatException>(() => Users("uid\n1", out _));
        Assert.Contains("'user_id' is missing", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_video_is_read_whole_with_gaps_as_unknown()
    {
        var videos = VideoFeatureFile.Read(
            Stream(
                "video_id,author_id,video_type,upload_dt,upload_type,visible_status,video_duration,server_width,server_height,music_id,"
                + "music_type,tag\n"
                + "0,7349781,NORMAL,2022-04-10,LongImport,0.0,87433.0,720.0,1280.0,9155697141,9.0,\"39, 43\"\n"
                + "1,,UNKNOWN,2022-04-31,,0.0,,0,,0,,\n"),
            "videos.csv",
            out var report);

        Assert.Equal(["7349781", "NORMAL", "LongImport", "9"], Texts(videos[0]));
        Assert.Equal(new DateOnly(2022, 4, 10), videos[0].UploadDate);
        Assert.Equal((87.433f, 720, 1280), (videos[0].DurationSeconds, videos[0].Width, videos[0].Height));
        Assert.Equal(["39", "43"], videos[0].Tags.ToArray());
        Assert.Equal(["", "", "", ""], Texts(videos[1]));
        Assert.Null(videos[1].UploadDate);
        Assert.Equal((float.NaN, 0, float.NaN), (videos[1].DurationSeconds, videos[1].Width, videos[1].Height));
        Assert.Empty(videos[1].Tags);
        Assert.Equal(1, report.BadCells);
    }

    [Fact]
    public void A_history_gives_events_without_times_of_their_own()
    {
        var history = Assert.Single(HistoryFile.Read(
            Stream("user_id,history_len,last_time_ms,watch_seq,like_seq,long_watch_seq\n1,92,1650352792048,5 6  5 7,6,5 9\n"),
            "history.csv",
            out _));

        Assert.Equal(92, history.Length);
        Assert.Equal(["5", "9"], history.WatchedLong.ToArray());
        Assert.Equal(
            [
                new("5", 1650352792048, UserActions.LongView, 0),
                new("6", 1650352792048, UserActions.Like, 0),
                new("5", 1650352792048, UserActions.LongView, 0),
                new("7", 1650352792048, UserActions.None, 0),
            ],
            history.ToSessionEvents());
    }

    [KuaiRandFact]
    public void The_real_files_are_read_whole()
    {
        var users = UserFeatureFile.Read(Path.Combine(SharedData.KuaiRand, "user_features_pure.csv.gz"), out var userReport);
        Assert.Equal((27_285L, 27_285L, 0L), (userReport.Read, userReport.Kept, userReport.BadCells));
        Assert.Equal(21_127, users.Count(user => float.IsNaN(user.IsLiveStreamer)));
        Assert.Equal(874, users.Count(user => user.OneHot[4].Length == 0));
        Assert.Equal(714, users.Count(user => user.OneHot[17].Length == 0));

        var videos = VideoFeatureFile.Read(Path.Combine(SharedData.KuaiRand, "video_features_basic_pure.csv.gz"), out var videoReport);
        Assert.Equal((7_583L, 7_583L, 0L), (videoReport.Read, videoReport.Kept, videoReport.BadCells));
        Assert.Equal(239, videos.Count(video => float.IsNaN(video.DurationSeconds)));
        Assert.Equal(203, videos.Count(video => video.MusicType.Length == 0));
        Assert.Equal(96, videos.Count(video => video.Tags.IsEmpty));

        var histories = HistoryFile.Read(Path.Combine(SharedData.KuaiRand, "history.csv.gz"), out var historyReport);
        Assert.Equal((25_805L, 0L), (historyReport.Kept, historyReport.BadCells));
        Assert.All(histories, history => Assert.Equal(Math.Min(50, history.Length), history.Watched.Length));
    }

    private static float[] Numbers(UserProfile user) =>
    [
        user.IsLowActivePeriod,
        user.IsLiveStreamer,
        user.IsVideoAuthor,
        user.FollowCount,
        user.FansCount,
        user.FriendCount,
        user.RegisterDays,
    ];

    private static string[] Texts(VideoProfile video) => [video.AuthorId, video.VideoType, video.UploadType, video.MusicType];

    private static IReadOnlyList<UserProfile> Users(string text, out FeatureFileReport report) =>
        UserFeatureFile.Read(Stream(text), "users.csv", out report);

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));
}
