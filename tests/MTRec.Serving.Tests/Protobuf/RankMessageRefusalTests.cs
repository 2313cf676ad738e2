using Google.Protobuf;
using MTRec.Serving.Tests.Ranking;

namespace MTRec.Serving.Tests.Protobuf;

/// <summary>What is wrong in JSON is wrong in protobuf, at the same path; and bytes that are no message are refused.</summary>
public sealed class RankMessageRefusalTests : IClassFixture<RankMessageRefusalTests.App>
{
    private readonly RankApp _app;

    public RankMessageRefusalTests(App app) => _app = app.Running;

    /// <summary>A change of a good request, expected status, expected path of a fault.</summary>
    private static readonly (string Name, Action<V1.RankRequest> Change, int Status, string Path)[] Changes =
    [
        ("no user", r => r.UserId = "", 400, "$.userId"),
        ("long user", r => r.UserId = new string('u', 257), 400, "$.userId"),
        ("long request id", r => r.RequestId = new string('r', 257), 400, "$.requestId"),
        ("moment of 1970", r => r.TimestampMs = 0, 400, "$.timestamp"),
        ("moment beyond all calendars", r => r.TimestampMs = long.MaxValue, 400, "$.timestamp"),
        ("moment before all calendars", r => r.TimestampMs = long.MinValue, 400, "$.timestamp"),
        ("limit 0", r => r.Limit = 0, 400, "$.limit"),
        ("limit -1", r => r.Limit = -1, 400, "$.limit"),

        ("no columns", r => r.Columns = null, 400, "$.columns"),
        ("no items", r => r.Columns.ItemIds.Clear(), 400, "$.columns.itemIds"),
        ("empty item", r => r.Columns.ItemIds[1] = "", 400, "$.columns.itemIds[1]"),
        ("long item", r => r.Columns.ItemIds[1] = new string('é', 257), 400, "$.columns.itemIds[1]"),
        ("item twice", r => r.Columns.ItemIds[1] = r.Columns.ItemIds[0], 400, "$.columns.itemIds[1]"),
        ("too many items", r => r.Columns.ItemIds.Add(Enumerable.Range(0, 10_000).Select(i => $"{i}")), 400, "$.columns.itemIds"),

        ("unknown task", r => r.Columns.Scores[0].Task = "smile", 422, "$.columns.scores.smile"),
        ("no task", r => r.Columns.Scores[0].Task = "", 422, "$.columns.scores['']"),
        ("task twice", r => r.Columns.Scores[1].Task = "click", 400, "$.columns.scores.click"),
        ("short scores", r => r.Columns.Scores[1].Values.RemoveAt(0), 400, "$.columns.scores.like"),
        ("long scores", r => r.Columns.Scores[1].Values.Add(0), 400, "$.columns.scores.like"),
        ("no scores", r => r.Columns.Scores[1].Values.Clear(), 400, "$.columns.scores.like"),
        ("NaN", r => r.Columns.Scores[2].Values[3] = float.NaN, 400, "$.columns.scores.longView[3]"),
        ("infinity", r => r.Columns.Scores[2].Values[4] = float.PositiveInfinity, 400, "$.columns.scores.longView[4]"),
        ("-infinity", r => r.Columns.Scores[2].Values[4] = float.NegativeInfinity, 400, "$.columns.scores.longView[4]"),
        ("above range", r => r.Columns.Scores[0].Values[0] = 1.001f, 400, "$.columns.scores.click[0]"),
        ("below range", r => r.Columns.Scores[0].Values[0] = -float.Epsilon, 400, "$.columns.scores.click[0]"),
        ("unknown name in tasks", r => r.Tasks.Add(["click", "like", "longView", "smile"]), 422, "$.tasks[3]"),
        ("twice in tasks", r => r.Tasks.Add(["click", "like", "click"]), 400, "$.tasks[2]"),
        ("not in tasks", r => r.Tasks.Add(["click", "like"]), 400, "$.columns.scores.longView"),
        ("lacking of tasks", r => { r.Tasks.Add(["click", "like", "longView"]); r.Columns.Scores.RemoveAt(1); }, 400, "$.columns.scores.like"),

        ("feature twice", r => r.Context.Add(r.Context[0]), 400, "$.context.hour"),
        ("feature out of range", r => r.Context[0].Number = 25, 400, "$.context.hour"),
        ("feature is NaN", r => r.Context[0].Number = float.NaN, 400, "$.context.hour"),
        ("half a category", r => r.Context[1].Number = 0.5f, 400, "$.context.tab"),
        ("category of a number", r => r.UserFeatures[0].Category = "old", 400, "$.userFeatures.age"),
        ("column twice", r => r.Columns.Features.Add([Numbers("duration", 5), Numbers("duration", 5)]), 400, "$.columns.features.duration"),
        ("short column", r => r.Columns.Features.Add(Numbers("duration", 4)), 400, "$.columns.features.duration"),
        ("long column", r => r.Columns.Features.Add(Numbers("duration", 6)), 400, "$.columns.features.duration"),
        ("empty column", r => r.Columns.Features.Add(Numbers("duration", 0)), 400, "$.columns.features.duration"),
        ("infinity in a column", r => r.Columns.Features.Add(new V1.FeatureColumn { Name = "duration", Numbers = { 1, 2, float.PositiveInfinity, 4, 5 } }), 400, "$.columns.features.duration[2]"),
        ("names of a number", r => r.Columns.Features.Add(new V1.FeatureColumn { Name = "duration", Categories = { "", "", "", "", "long" } }), 400, "$.columns.features.duration[4]"),
        ("short names", r => r.Columns.Features.Add(new V1.FeatureColumn { Name = "duration", Numbers = { 1, 2, 3, 4, 5 }, Categories = { "" } }), 400, "$.columns.features.duration"),

        ("strict: context", r => { r.Strict = true; r.Context.Add(new V1.Feature { Name = "weather", Number = 1 }); }, 422, "$.context.weather"),
        ("strict: column", r => { r.Strict = true; r.Columns.Features.Add(Numbers("colour", 5)); }, 422, "$.columns.features.colour"),
        ("strict: field", r => { r.Strict = true; r.MergeFrom(Field(900, 7)); }, 400, "$[900]"),
        ("strict: nested field", r => { r.Strict = true; r.Columns.MergeFrom(Field(17, 7)); }, 400, "$.columns[17]"),
    ];

    public static TheoryData<string> Faults => [.. Changes.Select(change => change.Name)];

    /// <summary>Bytes, and the expected path of the fault.</summary>
    public static TheoryData<string, byte[], string> HostileBytes => new()
    {
        { "text", "{\"userId\":\"u\"}"u8.ToArray(), "$" },
        { "zeros", new byte[64], "$" },
        { "field 0", [0x02, 0x00], "$" },
        { "wire type 6", [0x0E, 0x01], "$" },
        { "wire type 7", [0x0F, 0x01], "$" },
        { "tag cut off", [0x8A], "$" },
        { "tag of 33 bits", [0x8A, 0x80, 0x80, 0x80, 0x70, 0x00], "$" },
        { "endless tag", [.. Enumerable.Repeat((byte)0xFF, 11)], "$" },
        { "no length", [0x12], "$" },
        { "length beyond the end", [0x12, 0x05, (byte)'u'], "$" },
        { "length of 2 GB", [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], "$" },
        { "negative length", [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01, (byte)'u'], "$" },
        { "overlong varint", [0x48, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01], "$" },
        { "varint of 65 bits", [0x48, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], "$" },
        { "user is not UTF-8", [0x12, 0x02, 0xC3, 0x28], "$" },
        { "surrogate in UTF-8", [0x12, 0x03, 0xED, 0xA0, 0x80], "$" },
        { "item is not UTF-8", [.. Valid(), 0x3A, 0x03, 0x0A, 0x01, 0xFF], "$" },
        { "columns cut off", [.. Valid(), 0x3A, 0x7F, 0x0A, 0x01], "$" },
        { "item beyond its columns", [.. Valid(), 0x3A, 0x02, 0x0A, 0x05, 1, 2, 3, 4, 5], "$" },
        { "packed floats of five bytes", [.. Unscored(), 0x3A, 0x10, 0x12, 0x0E, 0x0A, 0x05, .. "click"u8, 0x12, 0x05, 1, 2, 3, 4, 5], "$" },
        { "unknown field cut off", [.. Valid(), 0xA1, 0x06, 1, 2, 3], "$" },
        { "group that does not end", [.. Valid(), 0xA3, 0x06, 0x08, 0x01], "$" },
        { "group that another ends", [.. Valid(), 0xA3, 0x06, 0xAC, 0x06], "$" },
        { "group that ends only", [.. Valid(), 0xA4, 0x06], "$" },
        { "groups without bottom", [.. Valid(), .. Enumerable.Repeat((byte)0x9B, 100_000).SelectMany(start => new byte[] { start, 0x01 })], "$" },
        { "user as number", [.. Valid(), 0x10, 0x01], "$.userId" },
        { "limit as text", [.. Valid(), 0x42, 0x01, (byte)'5'], "$.limit" },
        { "limit as float", [.. Valid(), 0x45, 0, 0, 0x80, 0x3F], "$.limit" },
        { "columns as number", [.. Valid(), 0x38, 0x01], "$.columns" },
        { "columns as group", [.. Valid(), 0x3B, 0x3C], "$.columns" },
        { "item as number", [.. Valid(), 0x3A, 0x02, 0x08, 0x01], "$.columns.itemIds" },
        { "scores as number", [.. Valid(), 0x3A, 0x02, 0x10, 0x01], "$.columns.scores" },
        { "scores as doubles", [.. Unscored(), 0x3A, 0x12, 0x12, 0x10, 0x0A, 0x05, .. "click"u8, 0x11, 0, 0, 0, 0, 0, 0, 0, 0], "$.columns.scores" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_gets_a_problem_at_the_path_that_JSON_gives_it(string name)
    {
        var (_, change, status, path) = Changes.Single(change => change.Name == name);
        var request = Requests.Rows().ToMessage();
        change(request);

        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", request.ToByteArray(), Messages.MediaType);

        Assert.Contains(path, (await RankRefusalTests.ProblemOf(answer, status))["errors"]!.AsObject().Select(error => error.Key));
    }

    [Theory]
    [MemberData(nameof(HostileBytes))]
    public async Task Hostile_bytes_get_a_problem(string name, byte[] body, string path)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", body, Messages.MediaType);

        var problem = await RankRefusalTests.ProblemOf(answer, 400);
        Assert.True(problem["errors"]!.AsObject().ContainsKey(path), $"{name}: {problem}");
    }

    [Fact]
    public async Task Every_truncation_is_refused()
    {
        var whole = Requests.Rows(2).ToMessage().ToByteArray();
        for (var length = 0; length < whole.Length; length++)
        {
            using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", whole[..length], Messages.MediaType);
            await RankRefusalTests.ProblemOf(answer, 400);
        }
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_too_long()
    {
        await using var app = await RankApp.StartAsync("--Ranking:MaxBodyBytes=2000");

        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows(200).ToMessage().ToByteArray(), Messages.MediaType);

        await RankRefusalTests.ProblemOf(answer, 413);
    }

    [Fact]
    public async Task A_bundle_that_predicts_no_scores_needs_them()
    {
        await using var app = await RankApp.StartAsync(registry => MTRec.Testing.TestBundles.Publish(registry, taskScores: false), null);
        var request = Requests.Rows().ToMessage();
        request.Columns.Scores.Clear();

        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", request.ToByteArray(), Messages.MediaType);

        Assert.NotNull((await RankRefusalTests.ProblemOf(answer, 422))["errors"]!["$.columns.scores"]);
    }

    private static byte[] Valid() => Requests.Rows().ToMessage().ToByteArray();

    private static byte[] Unscored()
    {
        var request = Requests.Rows().ToMessage();
        request.Columns.Scores.Clear();
        return request.ToByteArray();
    }

    private static V1.FeatureColumn Numbers(string name, int count) => new() { Name = name, Numbers = { Enumerable.Repeat(1f, count) } };

    private static byte[] Field(int number, uint value)
    {
        using var bytes = new MemoryStream();
        using (var wire = new CodedOutputStream(bytes, leaveOpen: true))
        {
            wire.WriteTag(number, WireFormat.WireType.Varint);
            wire.WriteUInt32(value);
        }

        return bytes.ToArray();
    }

    public sealed class App : IAsyncLifetime
    {
        public RankApp Running { get; private set; } = null!;

        public async Task InitializeAsync() => Running = await RankApp.StartAsync();

        public async Task DisposeAsync() => await Running.DisposeAsync();
    }
}
