using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Experiments;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Protobuf;

/// <summary>JSON and protobuf are two forms of one message.</summary>
public sealed class RankFormsTests : IClassFixture<RankFormsTests.App>
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly string[] Devices = ["phone", "tablet", "watch"];

    private readonly RankApp _app;

    public RankFormsTests(App app) => _app = app.Running;

    [Fact]
    public void Both_forms_of_a_request_get_one_answer()
    {
        var (explained, limited, predicted, lacking) = (0, 0, 0, 0);

        bool Agree(int seed)
        {
            var request = RandomRequest(new Random(seed));
            explained += (bool)request["explain"]! ? 1 : 0;
            limited += request["limit"] is null ? 0 : 1;
            predicted += request["columns"]!["scores"] is null ? 1 : 0;
            lacking += request["columns"]!["scores"]?.AsObject().Count < Requests.Tasks.Length ? 1 : 0;
            AgreeAsync(_app, request).GetAwaiter().GetResult();
            return true;
        }

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(ArbMap.Default.ArbFor<int>(), Agree));
        Assert.All(new[] { explained, limited, predicted, lacking }, count => Assert.InRange(count, 20, 280));
    }

    [Fact]
    public async Task Both_forms_are_of_one_variant()
    {
        var section = Configured.TwoLayers();
        section.Experiment("fusion", "second")["Variants"]!["treated"]!["Bundle"] = "2";
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "2", formula: Core.Fusion.FusionFormula.PowerProduct, created: new DateTimeOffset(2026, 1, 30, 0, 0, 0, TimeSpan.Zero));
                TestBundles.Publish(registry, version: "1");
            },
            null,
            Configured.Arguments(section));
        var versions = new HashSet<string>();
        foreach (var user in Enumerable.Range(0, 60))
        {
            var json = await AgreeAsync(app, Requests.Rows(5, $"user-é-{user}"));
            versions.Add($"{json.Bundle.Version} {string.Join(',', json.Variants)}");
        }

        Assert.True(versions.Count >= 4, string.Join('\n', versions));
        Assert.Contains(versions, version => version.StartsWith('2'));
    }

    [Theory]
    [InlineData(FragileBundle.HourWithoutPolicy)]
    [InlineData(FragileBundle.HourOfFailingPolicy)]
    [InlineData(FragileBundle.HourWithoutMentalReward)]
    [InlineData(FragileBundle.HourOfFailingMentalReward)]
    public async Task Both_forms_do_without_a_part(double hour)
    {
        await using var app = await RankApp.StartAsync(FragileBundle.Publish, null);

        var json = await AgreeAsync(app, Requests.Rows().Changed(r =>
        {
            r["context"]!["hour"] = hour;
            r["explain"] = true;
        }));

        Assert.Single(json.Degraded);
    }

    [Theory]
    [InlineData(null, Messages.MediaType)]
    [InlineData("*/*", Messages.MediaType)]
    [InlineData("application/*", Messages.MediaType)]
    [InlineData("application/x-protobuf", Messages.MediaType)]
    [InlineData("application/json", "application/json")]
    [InlineData("Application/JSON; charset=utf-8", "application/json")]
    [InlineData("application/x-protobuf;q=0.5, application/json", "application/json")]
    [InlineData("application/json;q=0.5, */*;q=0.1", "application/json")]
    [InlineData("application/json, application/x-protobuf", Messages.MediaType)]
    [InlineData("application/x-protobuf;q=0, */*", "application/json")]
    [InlineData("application/protobuf", "application/protobuf")]
    [InlineData("text/html, application/json;q=0.2", "application/json")]
    [InlineData("none of this is a type", Messages.MediaType)]
    public async Task Accept_decides_the_form_of_the_answer_to_protobuf(string? accept, string expected)
    {
        using var answer = await SendAsync(Requests.Rows().ToMessage().ToByteArray(), Messages.MediaType, accept);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(expected, answer.Content.Headers.ContentType!.MediaType);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var ids = expected == "application/json"
            ? JsonNode.Parse(bytes)!["items"]!.AsArray().Select(item => (string)item!["itemId"]!)
            : V1.RankResponse.Parser.ParseFrom(bytes).ItemIds;
        Assert.Equal(5, ids.Count());
    }

    [Fact]
    public async Task A_JSON_request_may_be_answered_in_protobuf()
    {
        var json = await _app.RankAsync(Requests.Rows().Changed(r => r["requestId"] = "r"));

        using var answer = await SendAsync(
            System.Text.Encoding.UTF8.GetBytes(Requests.Rows().Changed(r => r["requestId"] = "r").ToJsonString()), "application/json", Messages.MediaType);

        var message = V1.RankResponse.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal(JsonSerializer.Serialize(json, Web), JsonSerializer.Serialize(message.ToAnswer(), Web));
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0")]
    [InlineData("application/xml, text/*;q=0.5")]
    public async Task An_answer_that_nobody_wants_is_refused_before_anything_is_done(string accept)
    {
        using var rank = await SendAsync(Requests.Rows().ToMessage().ToByteArray(), Messages.MediaType, accept);
        using var feedback = await SendAsync(
            new V1.FeedbackRequest { Events = { Requests.Event("e-1", "u-406").ToEventMessage() } }.ToByteArray(), Messages.MediaType, accept, "/v1/feedback");

        await RankRefusalTests.ProblemOf(rank, 406);
        await RankRefusalTests.ProblemOf(feedback, 406);
        Assert.Null(await _app.SessionAsync("u-406"));
    }

    [Theory]
    [InlineData("application/x-protobuf")]
    [InlineData("application/protobuf")]
    [InlineData("Application/X-Protobuf")]
    [InlineData("application/x-protobuf; charset=utf-8")]
    [InlineData("application/x-protobuf; charset=latin1; messageType=\"mtrec.v1.RankRequest\"")]
    public async Task Spellings_of_the_content_type_are_taken(string contentType)
    {
        using var answer = await SendAsync(Requests.Rows().ToMessage().ToByteArray(), contentType);

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(5, V1.RankResponse.Parser.ParseFrom(await answer.Content.ReadAsByteArrayAsync()).ItemIds.Count);
    }

    [Fact]
    public async Task Protobuf_is_taken_where_it_is_offered_only()
    {
        using var other = await SendAsync(Requests.Rows().ToMessage().ToByteArray(), "application/grpc");
        using var items = await _app.SendAsync(HttpMethod.Put, "/v1/items", Requests.Rows().ToMessage().ToByteArray(), Messages.MediaType);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rank") { Content = new ByteArrayContent(Requests.Rows().ToMessage().ToByteArray()) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(Messages.MediaType);
        request.Content.Headers.ContentEncoding.Add("gzip");
        using var compressed = await _app.Client.SendAsync(request);

        await RankRefusalTests.ProblemOf(other, 415);
        await RankRefusalTests.ProblemOf(items, 415);
        await RankRefusalTests.ProblemOf(compressed, 415);
    }

    /// <summary>Columns of the test bundle's tasks and features, each part there or not.</summary>
    internal static JsonObject RandomRequest(Random random)
    {
        var count = random.Next(1, 40);
        var columns = new JsonObject { ["itemIds"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => JsonValue.Create(i % 3 == 2 ? $"nouveau-é-{i}" : TestBundles.ItemId(i % TestBundles.Items)))]) };
        // Ids must differ: the table is shorter than the longest request.
        for (var i = TestBundles.Items; i < count; i++)
            columns["itemIds"]!.AsArray()[i] = $"x-{i}";
        var scored = Some(random, Requests.Tasks);
        if (scored.Length > 0)
            columns["scores"] = Members(scored, _ => Column(() => JsonValue.Create(random.NextSingle())));
        var features = new JsonObject();
        if (Maybe(random))
            features["duration"] = Column(() => Maybe(random) ? JsonValue.Create(600 * random.NextSingle()) : null);
        if (Maybe(random))
            features["category"] = Column(() => Maybe(random) ? JsonValue.Create(random.Next(5)) : null);
        if (Maybe(random))
            features["unheard-of"] = Column(() => JsonValue.Create(7));
        columns["features"] = features;
        var request = new JsonObject
        {
            ["requestId"] = $"r-{random.Next()}",
            ["userId"] = $"u-{random.Next(100)}",
            ["timestamp"] = "2026-01-31T20:15:00.123Z",
            ["columns"] = columns,
            ["explain"] = Maybe(random),
        };
        if (Maybe(random))
            request["context"] = new JsonObject { ["hour"] = 24 * random.NextSingle(), ["tab"] = random.Next(4), ["weather"] = "fine" };
        if (Maybe(random))
            request["userFeatures"] = new JsonObject { ["age"] = Maybe(random) ? null : random.Next(100), ["device"] = Devices[random.Next(Devices.Length)] };
        if (Maybe(random))
            request["limit"] = random.Next(1, 60);
        if (scored.Length > 0 && Maybe(random))
            request["tasks"] = new JsonArray([.. scored.Select(task => JsonValue.Create(task))]);
        return request;

        JsonArray Column(Func<JsonNode?> value) => new([.. Enumerable.Range(0, count).Select(_ => value())]);
    }

    private static async Task<RankAnswer> AgreeAsync(RankApp app, JsonObject request)
    {
        var named = request.Changed(r => r["requestId"] ??= "r-1");
        var json = await app.RankAsync(named);
        var message = await app.RankAsync(named.ToMessage());
        Assert.Equal(JsonSerializer.Serialize(json, Web), JsonSerializer.Serialize(message.ToAnswer(), Web));
        return json;
    }

    private static bool Maybe(Random random) => random.Next(2) == 0;

    // All, none or a part.
    private static string[] Some(Random random, string[] all) => random.Next(4) switch
    {
        0 => [],
        1 => all,
        _ => [.. all.Where(_ => random.Next(4) > 0)],
    };

    private static JsonObject Members(string[] names, Func<string, JsonNode?> value) => new(names.Select(name => KeyValuePair.Create(name, value(name))));

    private async Task<HttpResponseMessage> SendAsync(byte[] body, string contentType, string? accept = null, string path = "/v1/rank")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        return await _app.Client.SendAsync(request);
    }

    public sealed class App : IAsyncLifetime
    {
        public RankApp Running { get; private set; } = null!;

        public async Task InitializeAsync() => Running = await RankApp.StartAsync();

        public async Task DisposeAsync() => await Running.DisposeAsync();
    }
}
