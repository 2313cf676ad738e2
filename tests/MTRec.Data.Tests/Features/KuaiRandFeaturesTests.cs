using System.Globalization;
using System.Text;
using MTRec.Core.Features;
using MTRec.Data.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Features;

public class KuaiRandFeaturesTests
{
    private static readonly HistoryLayout History = new(4, ["click"]);

    [Fact]
    public void Codes_do_not_depend_on_the_order_and_zero_is_unknown()
    {
        string[] texts = ["10", "9", "b", "a", "10", "9", "b", "a", "rare", "", ""];
        var codes = Vocabulary.Of(texts, minCount: 2);
        Assert.Equal(new Dictionary<string, int> { ["9"] = 1, ["10"] = 2, ["a"] = 3, ["b"] = 4 }, codes);
        Assert.Equal(codes, Vocabulary.Of(texts.Reverse(), minCount: 2));
    }

    [Fact]
    public void A_row_and_a_user_are_written_by_the_schema_they_meet()
    {
        var users = Users("full_active", 20);
        var features = new KuaiRandFeatures(Log(20), users, []);
        var schema = new FeatureSchema(features.Definitions, History);
        var encoder = new KuaiRandEncoder(schema);

        // 2022-05-01 was a Sunday.
        var row = Csv.Read(Csv.Log(Csv.Row(("hourmin", "2300"), ("tab", "1"))))[0];
        var context = new float[schema.Context.Count];
        encoder.WriteContext(row, context);
        Assert.Equal(["hour", "dayOfWeek", "tab"], schema.Context.Select(feature => feature.Name));
        Assert.Equal([23f, 0, 1], context);

        encoder.WriteContext(row with { Tab = 99 }, context);
        Assert.Equal([23f, 0, 1], context);

        var user = new float[schema.User.Count];
        encoder.WriteUser(users[3] with { FollowCount = 1e20f, RegisterDays = float.NaN }, user);
        Assert.Equal(1, user[Index("activeDegree")]);
        Assert.Equal(0, user[Index("isLiveStreamer")]);
        Assert.Equal(1e9f, user[Index("followCount")]);
        Assert.Equal(100, user[Index("registerDays")]);
        Assert.Equal(2, user[Index("onehot0")]);
        Assert.Equal(0, user[Index("onehot1")]);

        encoder.WriteUser(null, user);
        Assert.Equal(schema.User.Select(feature => feature.Default), user);

        int Index(string name) => schema.TryFind(FeatureKind.User, name, out var index) ? index : -1;
    }

    [Fact]
    public void A_schema_with_features_that_the_log_lacks_gets_defaults()
    {
        FeatureDefinition[] definitions =
        [
            new("weather", FeatureKind.Context, FeatureType.Numeric, 0.5f, 0, 1),
            new("hour", FeatureKind.Context, FeatureType.Numeric, 12, 0, 23),
            new("age", FeatureKind.User, FeatureType.Numeric, 31, 0, 150),
        ];
        var encoder = new KuaiRandEncoder(new FeatureSchema(definitions, History));
        var context = new float[2];
        encoder.WriteContext(Csv.Read(Csv.Log(Csv.Healthy))[0], context);
        Assert.Equal([0.5f, 1], context);
        var user = new float[1];
        encoder.WriteUser(Users("x", 1)[0], user);
        Assert.Equal([31f], user);
    }

    [Fact]
    public void Rows_of_the_log_and_of_the_file_have_the_same_context()
    {
        var log = Log(20);
        var encoder = new KuaiRandEncoder(new FeatureSchema(new KuaiRandFeatures(log, [], []).Definitions, History));
        var (fromRow, fromLog) = (new float[3], new float[3]);
        encoder.WriteContext(Csv.Read(Csv.Log(Row(0)))[0], fromRow);
        encoder.WriteContext(log, 0, fromLog);
        Assert.Equal(fromRow, fromLog);
    }

    [Fact]
    public void Items_stand_most_shown_first_with_the_log_filling_gaps()
    {
        var log = Csv.Clean(Row(0), Row(1), Csv.Row(("video_id", "v9"), ("duration_ms", "12000")));
        var videos = VideoFeatureFile.Read(
            new MemoryStream(Encoding.UTF8.GetBytes(
                "video_id,video_type,upload_dt,video_duration,server_width,tag\n"
                + "v10,AD,2022-01-03,7000,720,5\n"
                + "v9,NORMAL,2022-01-02,,540,\"6,7\"\n")),
            "videos.csv",
            out _);
        var features = new KuaiRandFeatures(log, [], videos);
        var schema = new FeatureSchema(features.Definitions, History);
        var table = features.Items();

        Assert.Equal(["v1", "v9", "v10"], table.Ids);
        Assert.Equal(10, Value("v1", "duration"));
        Assert.Equal(12, Value("v9", "duration"));
        Assert.Equal(7, Value("v10", "duration"));
        Assert.Equal(1, Value("v9", "uploadDay"));
        Assert.Equal(540, Value("v1", "width"));
        Assert.Equal(0, Value("v10", "logCount"));
        Assert.Equal(Default("clickRate"), Value("v10", "clickRate"));
        Assert.Equal(0, Value("v9", "tag"));

        float Value(string id, string name) => table.TryFind(id, out var row) ? table.Features(row)[Index(name)] : float.NaN;
        float Default(string name) => schema.Item[Index(name)].Default;
        int Index(string name) => schema.TryFind(FeatureKind.Item, name, out var index) ? index : -1;
    }

    [Fact]
    public void A_log_without_rows_or_files_still_gives_definitions()
    {
        var features = new KuaiRandFeatures(Csv.Clean(), [], []);
        Assert.All(features.Definitions, AssertValid);
        Assert.Empty(features.Items().Ids);
    }

    [KuaiRandFact]
    public void The_real_files_give_a_schema_and_tables_that_fit_it()
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_train.csv.gz"));
        var log = LogCleaner.Clean(reader.Rows(), out _);
        var users = UserFeatureFile.Read(Path.Combine(SharedData.KuaiRand, "user_features_pure.csv.gz"), out _);
        var videos = VideoFeatureFile.Read(Path.Combine(SharedData.KuaiRand, "video_features_basic_pure.csv.gz"), out _);
        var features = new KuaiRandFeatures(log, users, videos);
        var schema = new FeatureSchema(features.Definitions, History);

        Assert.Equal((3, 26, 13), (schema.Context.Count, schema.User.Count, schema.Item.Count));
        Assert.All(features.Definitions, AssertValid);
        Assert.Equal(14, features.Definitions.Single(feature => feature.Name == "tab").Max);

        var folds = new UserFolds(5, seed: 1);
        var table = features.Items();
        var outOfFold = features.ItemsOutOfFold(folds);
        Assert.Equal(7_583, table.Ids.Count);
        foreach (var each in outOfFold.Prepend(table))
        {
            Assert.Equal(table.Ids, each.Ids);
            for (var row = 0; row < each.Ids.Count; row++)
            {
                for (var i = 0; i < schema.Item.Count; i++)
                    Assert.InRange(each.Features(row)[i], schema.Item[i].Min, schema.Item[i].Max);
            }
        }

        // The features of users lie in their ranges, and mostly are no defaults.
        var encoder = new KuaiRandEncoder(schema);
        var encoded = new float[schema.User.Count];
        var degrees = 0;
        foreach (var user in users)
        {
            encoder.WriteUser(user, encoded);
            for (var i = 0; i < encoded.Length; i++)
                Assert.InRange(encoded[i], schema.User[i].Min, schema.User[i].Max);
            degrees += encoded[schema.TryFind(FeatureKind.User, "activeDegree", out var index) ? index : -1] > 0 ? 1 : 0;
        }

        Assert.InRange(degrees, 27_000, 27_285);
        Assert.Equal(table.ToBytes(), new KuaiRandFeatures(log, users, videos).Items().ToBytes());
    }

    private static void AssertValid(FeatureDefinition feature)
    {
        Assert.True(feature.Min < feature.Max && feature.Default >= feature.Min && feature.Default <= feature.Max, feature.Name);
        Assert.True(feature.Type == FeatureType.Numeric || (feature.Min == 0 && feature.Max == MathF.Floor(feature.Max)), feature.Name);
        if (feature.Values is { } codes)
            Assert.Equal(Enumerable.Range(1, codes.Count), codes.Values.Order());
    }

    private static ImpressionLog Log(int users) => Csv.Clean([.. Enumerable.Range(0, users).Select(Row)]);

    private static string Row(int user) => Csv.Row(("user_id", $"u{user}"));

    private static List<UserProfile> Users(string degree, int count) =>
    [
        .. Enumerable.Range(0, count).Select(i => new UserProfile
        {
            UserId = $"u{i}",
            ActiveDegree = degree,
            IsLowActivePeriod = 0,
            IsLiveStreamer = float.NaN,
            IsVideoAuthor = 1,
            FollowCount = i,
            FansCount = i,
            FriendCount = i,
            RegisterDays = 100,
            OneHot = [(i % 2).ToString(CultureInfo.InvariantCulture), .. Enumerable.Repeat("", UserProfile.OneHotCount - 1)],
        }),
    ];
}
