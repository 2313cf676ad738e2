using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

/// <summary>Nonsense gets a problem that names the faulty member, never a 500.</summary>
public sealed class RankRefusalTests : IClassFixture<RankRefusalTests.App>
{
    private readonly RankApp _app;

    public RankRefusalTests(App app) => _app = app.Running;

    /// <summary>Body, expected status, expected path of a fault.</summary>
    public static TheoryData<string, int, string> Nonsense => new()
    {
        // Not JSON, or not what is expected of JSON.
        { "", 400, "$" },
        { "   ", 400, "$" },
        { "{", 400, "$" },
        { "null", 400, "$" },
        { "[]", 400, "$" },
        { "42", 400, "$" },
        { "\"text\"", 400, "$" },
        { Valid() + "x", 400, "$" },
        { Valid() + "{}", 400, "$" },
        { Valid().Replace("{\"userId\"", "{/* me */\"userId\"", StringComparison.Ordinal), 400, "$" },
        { Valid()[..^1] + ",}", 400, "$" },
        { Valid()[..^40], 400, "$.candidates[1].scores[0]" },
        { With("\"userId\":\"u\"", "\"userId\":\"u"), 400, "$" },
        { With("\"userId\":\"u\"", "\"userId\":'u'"), 400, "$.userId" },
        { With("\"userId\":\"u\"", "\"userId\":\"\\ud800\""), 400, "$.userId" },
        { With("\"hour\":20", "\"\\ud800\":20"), 400, "$.context" },
        { With("\"limit\":20", "\"other\":" + new string('[', 500) + new string(']', 500)), 400, "$.other" + string.Concat(Enumerable.Repeat("[0]", 15)) },
        { With("\"limit\":20", "\"other\":" + string.Concat(Enumerable.Repeat("{\"a\":", 40)) + "1" + new string('}', 40)), 400, "$.other" + string.Concat(Enumerable.Repeat(".a", 15)) },

        // Numbers that are none.
        { With("[0.1,0.2,0.3]", "[0.1,\"NaN\",0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,NaN,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,Infinity,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,1e309,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,-1e309,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,1.5,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[-0.0001,0.2,0.3]"), 400, "$.candidates[0].scores[0]" },
        { With("[0.1,0.2,0.3]", "[0.1,null,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,true,0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,[0.2],0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,{},0.3]"), 400, "$.candidates[0].scores[1]" },
        { With("[0.1,0.2,0.3]", "[0.1,01,0.3]"), 400, "$.candidates[0].scores[1]" },

        // Score vectors.
        { With("[0.1,0.2,0.3]", "[0.1,0.2]"), 400, "$.candidates[0].scores" },
        { With("[0.1,0.2,0.3]", "[0.1,0.2,0.3,0.4]"), 400, "$.candidates[0].scores" },
        { With("[0.4,0.5,0.6]", "[]"), 400, "$.candidates[1].scores" },
        { With("[0.4,0.5,0.6]", "{\"click\":0.4}"), 400, "$.candidates[1].scores" },
        { With("[0.4,0.5,0.6]", "0.4"), 400, "$.candidates[1].scores" },
        { With("[0.4,0.5,0.6]", "null"), 400, "$.candidates[1].scores" },
        { With("[0.1,0.2,0.3]", "null"), 400, "$.candidates[1].scores" },
        { With("[0.4,0.5,0.6],", ""), 400, "$.candidates[1].scores" },

        // Candidates.
        { With("\"candidates\":[", "\"candidates\":[],\"x\":["), 400, "$.candidates" },
        { With("\"candidates\":[", "\"candidates\":null,\"x\":["), 400, "$.candidates" },
        { With("\"candidates\":[", "\"candidates\":{},\"x\":["), 400, "$.candidates" },
        { With("\"candidates\":[", "\"candidates\":\"v-1\",\"x\":["), 400, "$.candidates" },
        { With("\"candidates\":[", "\"candidates\":[null,"), 400, "$.candidates[0]" },
        { With("\"candidates\":[", "\"candidates\":[\"v-9\","), 400, "$.candidates[0]" },
        { With("\"candidates\":[", "\"candidates\":[[],"), 400, "$.candidates[0]" },
        { With("\"itemId\":\"v-1\",", ""), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":\"\""), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":null"), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":17"), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":[\"v-1\"]"), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", $"\"itemId\":\"{new string('i', 257)}\""), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", $"\"itemId\":\"{new string('i', 100_000)}\""), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":\"\\udc00\""), 400, "$.candidates[0].itemId" },
        { With("\"itemId\":\"v-2\"", "\"itemId\":\"v-1\""), 400, "$.candidates[1].itemId" },
        { With("\"itemId\":\"v-2\"", "\"itemId\":\"v-\\u0031\""), 400, "$.candidates[1].itemId" },
        { Many(10_001), 400, "$.candidates" },

        // Names that stand twice.
        { With("\"userId\":\"u\"", "\"userId\":\"u\",\"userId\":\"u\""), 400, "$.userId" },
        { With("\"userId\":\"u\"", "\"userId\":\"u\",\"user\\u0049d\":\"w\""), 400, "$.userId" },
        { With("\"limit\":20", "\"limit\":20,\"limit\":2"), 400, "$.limit" },
        { With("\"limit\":20", "\"other\":1,\"other\":1"), 400, "$.other" },
        { With("\"limit\":20", "\"other\":{\"a\":[{\"b\":1,\"b\":2}]}"), 400, "$.other.b" },
        { With("\"hour\":20", "\"hour\":20,\"hour\":20"), 400, "$.context.hour" },
        { With("\"hour\":20", "\"weather\":1,\"weather\":2"), 400, "$.context.weather" },
        { With("\"age\":31", "\"age\":31,\"age\":31"), 400, "$.userFeatures.age" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":\"v-1\",\"itemId\":\"v-9\""), 400, "$.candidates[0].itemId" },
        { With("\"scores\":[0.1,0.2,0.3]", "\"scores\":[0.1,0.2,0.3],\"scores\":[0.1,0.2,0.3]"), 400, "$.candidates[0].scores" },
        { With("\"duration\":14", "\"duration\":14,\"duration\":15"), 400, "$.candidates[1].features.duration" },
        { With("\"itemId\":\"v-1\"", "\"itemId\":\"v-1\",\"x\":1,\"x\":1"), 400, "$.candidates[0].x" },
        { With("\"candidates\":[", "\"candidates\":[],\"candidates\":["), 400, "$.candidates" },
        { With("\"tasks\":", "\"tasks\":[\"click\"],\"tasks\":"), 400, "$.tasks" },

        // Members.
        { With("\"userId\":\"u\",", ""), 400, "$.userId" },
        { With("\"userId\":\"u\"", "\"userId\":null"), 400, "$.userId" },
        { With("\"userId\":\"u\"", "\"userId\":\"\""), 400, "$.userId" },
        { With("\"userId\":\"u\"", "\"userId\":7"), 400, "$.userId" },
        { With("\"userId\":\"u\"", $"\"userId\":\"{new string('u', 257)}\""), 400, "$.userId" },
        { With("\"requestId\":\"r\"", "\"requestId\":\"\""), 400, "$.requestId" },
        { With("\"requestId\":\"r\"", "\"requestId\":{}"), 400, "$.requestId" },
        { With("\"requestId\":\"r\"", $"\"requestId\":\"{new string('r', 300)}\""), 400, "$.requestId" },
        { With("\"2026-01-31T20:15:00Z\"", "\"yesterday\""), 400, "$.timestamp" },
        { With("\"2026-01-31T20:15:00Z\"", "\"2026-02-30T20:15:00Z\""), 400, "$.timestamp" },
        { With("\"2026-01-31T20:15:00Z\"", "\"0001-01-01T00:00:00Z\""), 400, "$.timestamp" },
        { With("\"2026-01-31T20:15:00Z\"", "\"9999-12-31T23:59:59Z\""), 400, "$.timestamp" },
        { With("\"2026-01-31T20:15:00Z\"", "1769890500"), 400, "$.timestamp" },
        { With("\"limit\":20", "\"limit\":0"), 400, "$.limit" },
        { With("\"limit\":20", "\"limit\":-1"), 400, "$.limit" },
        { With("\"limit\":20", "\"limit\":2.5"), 400, "$.limit" },
        { With("\"limit\":20", "\"limit\":1e99"), 400, "$.limit" },
        { With("\"limit\":20", "\"limit\":\"20\""), 400, "$.limit" },
        { With("\"explain\":false", "\"explain\":\"yes\""), 400, "$.explain" },
        { With("\"explain\":false", "\"strict\":1"), 400, "$.strict" },

        // Features.
        { With("\"hour\":20", "\"hour\":25"), 400, "$.context.hour" },
        { With("\"hour\":20", "\"hour\":-1"), 400, "$.context.hour" },
        { With("\"hour\":20", "\"hour\":1e309"), 400, "$.context.hour" },
        { With("\"hour\":20", "\"hour\":\"20\""), 400, "$.context.hour" },
        { With("\"hour\":20", "\"hour\":[20]"), 400, "$.context.hour" },
        { With("\"hour\":20", "\"tab\":1.5"), 400, "$.context.tab" },
        { With("\"hour\":20", "\"tab\":4"), 400, "$.context.tab" },
        { With("\"hour\":20", "\"tab\":\"home\""), 400, "$.context.tab" },
        { With("{\"hour\":20}", "[20]"), 400, "$.context" },
        { With("{\"age\":31}", "\"31\""), 400, "$.userFeatures" },
        { With("\"age\":31", "\"device\":3"), 400, "$.userFeatures.device" },
        { With("\"duration\":14", "\"duration\":601"), 400, "$.candidates[1].features.duration" },
        { With("{\"duration\":14}", "[14]"), 400, "$.candidates[1].features" },

        // Tasks.
        { With("[\"click\",\"like\",\"longView\"]", "[\"click\",\"like\",\"share\"]"), 422, "$.tasks[2]" },
        { With("[\"click\",\"like\",\"longView\"]", "[\"click\",\"like\",\"Click\"]"), 422, "$.tasks[2]" },
        { With("[\"click\",\"like\",\"longView\"]", "[\"click\",\"like\",\"click\"]"), 400, "$.tasks[2]" },
        { With("[\"click\",\"like\",\"longView\"]", "[\"click\",\"like\",3]"), 400, "$.tasks[2]" },
        { With("[\"click\",\"like\",\"longView\"]", "[]"), 400, "$.tasks" },
        { With("[\"click\",\"like\",\"longView\"]", "\"click\""), 400, "$.tasks" },
        { With("[\"click\",\"like\",\"longView\"]", "[\"click\",\"like\"]"), 400, "$.candidates[0].scores" },

        // Strict.
        { With("\"explain\":false", "\"strict\":true,\"other\":1"), 400, "$.other" },
        { With("\"explain\":false,", "\"strict\":true,").Replace("\"hour\":20", "\"weather\":1", StringComparison.Ordinal), 422, "$.context.weather" },
        { With("\"explain\":false,", "\"strict\":true,").Replace("\"age\":31", "\"shoeSize\":1", StringComparison.Ordinal), 422, "$.userFeatures.shoeSize" },
        { With("\"explain\":false,", "\"strict\":true,").Replace("\"duration\":14", "\"colour\":1", StringComparison.Ordinal), 422, "$.candidates[1].features.colour" },
        { With("\"explain\":false,", "\"strict\":true,").Replace("\"itemId\":\"v-1\"", "\"itemId\":\"v-1\",\"x\":1", StringComparison.Ordinal), 400, "$.candidates[0].x" },

        // Columns.
        { Columns().Replace("{\"userId\"", "{\"candidates\":[{\"itemId\":\"v-1\"}],\"userId\"", StringComparison.Ordinal), 400, "$.columns" },
        { Columns()[..^1] + ",\"candidates\":[{\"itemId\":\"v-1\"}]}", 400, "$.candidates" },
        { WithColumns("\"columns\":{", "\"columns\":[],\"x\":{"), 400, "$.columns" },
        { WithColumns("\"itemIds\":[\"v-1\",\"v-2\"],", ""), 400, "$.columns.itemIds" },
        { WithColumns("[\"v-1\",\"v-2\"]", "[]"), 400, "$.columns.itemIds" },
        { WithColumns("[\"v-1\",\"v-2\"]", "\"v-1\""), 400, "$.columns.itemIds" },
        { WithColumns("[\"v-1\",\"v-2\"]", "[\"v-1\",2]"), 400, "$.columns.itemIds[1]" },
        { WithColumns("[\"v-1\",\"v-2\"]", "[\"v-1\",\"v-1\"]"), 400, "$.columns.itemIds[1]" },
        { WithColumns("[0.1,0.4]", "[0.1]"), 400, "$.columns.scores.click" },
        { WithColumns("[0.1,0.4]", "[0.1,0.4,0.5]"), 400, "$.columns.scores.click" },
        { WithColumns("[0.1,0.4]", "[0.1,2]"), 400, "$.columns.scores.click[1]" },
        { WithColumns("[0.1,0.4]", "[0.1,null]"), 400, "$.columns.scores.click[1]" },
        { WithColumns("[0.1,0.4]", "0.1"), 400, "$.columns.scores.click" },
        { WithColumns("\"longView\":", "\"share\":"), 422, "$.columns.scores.share" },
        { WithColumns("\"longView\":", "\"click\":"), 400, "$.columns.scores.click" },
        { WithColumns("\"scores\":{", "\"scores\":[],\"x\":{"), 400, "$.columns.scores" },
        { WithColumns("\"userId\":\"u\"", "\"userId\":\"u\",\"tasks\":[\"click\"]"), 400, "$.columns.scores.longView" },
        { WithColumns("\"userId\":\"u\"", "\"userId\":\"u\",\"tasks\":[\"click\",\"longView\",\"like\"]"), 400, "$.columns.scores.like" },
        { WithColumns("[14,9]", "[14]"), 400, "$.columns.features.duration" },
        { WithColumns("[14,9]", "[14,\"long\"]"), 400, "$.columns.features.duration[1]" },
        { WithColumns("[14,9]", "[14,9],\"duration\":[14,9]"), 400, "$.columns.features.duration" },
        { WithColumns("\"features\":{", "\"features\":3,\"x\":{"), 400, "$.columns.features" },
        { WithColumns("\"features\":{", "\"itemIds\":[],\"features\":{"), 400, "$.columns.itemIds" },
        { ManyColumns(10_001), 400, "$.columns.itemIds" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Nonsense_is_refused_with_the_path_of_the_fault(string body, int status, string path)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", body);

        var problem = await ProblemOf(answer, status);
        Assert.Contains(path, problem["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task Valid_requests_that_the_table_starts_from_are_answered()
    {
        foreach (var body in new[] { Valid(), Columns(), Many(10_000) })
        {
            using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Every_fault_is_reported_up_to_a_bound()
    {
        using var several = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Valid()
            .Replace("[0.1,0.2,0.3]", "[2,0.2,\"x\"]", StringComparison.Ordinal)
            .Replace("\"hour\":20", "\"hour\":99", StringComparison.Ordinal)
            .Replace("\"limit\":20", "\"limit\":0", StringComparison.Ordinal));
        using var thousands = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Many(5000).Replace("0.5", "5", StringComparison.Ordinal));

        var errors = (await ProblemOf(several, 400))["errors"]!.AsObject();
        Assert.Equal(
            ["$.candidates[0].scores[0]", "$.candidates[0].scores[2]", "$.context.hour", "$.limit"],
            errors.Select(error => error.Key).Order(StringComparer.Ordinal));
        Assert.Equal(20, (await ProblemOf(thousands, 400))["errors"]!.AsObject().Count);
    }

    [Fact]
    public async Task Messages_name_the_allowed_range_and_the_allowed_tasks()
    {
        using var score = await _app.SendAsync(HttpMethod.Post, "/v1/rank", With("[0.1,0.2,0.3]", "[0.1,1.5,0.3]"));
        using var feature = await _app.SendAsync(HttpMethod.Post, "/v1/rank", With("\"hour\":20", "\"hour\":25"));
        using var task = await _app.SendAsync(HttpMethod.Post, "/v1/rank", With("\"like\",\"longView\"]", "\"like\",\"share\"]"));

        Assert.Contains("[0, 1]", await MessageAt(score, "$.candidates[0].scores[1]", 400), StringComparison.Ordinal);
        Assert.Contains("[0, 24]", await MessageAt(feature, "$.context.hour", 400), StringComparison.Ordinal);
        Assert.Contains("click, like, longView", await MessageAt(task, "$.tasks[2]", 422), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Another_content_type_is_refused(string? contentType)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Encoding.UTF8.GetBytes(Valid()), contentType);

        Assert.Contains("application/json", await MessageAt(answer, "$", 415), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("application/json;charset=\"UTF-8\"")]
    [InlineData("Application/JSON")]
    public async Task Spellings_of_the_content_type_are_taken(string contentType)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Encoding.UTF8.GetBytes(Valid()), contentType);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_not_UTF8_is_refused()
    {
        var body = Encoding.UTF8.GetBytes(Valid());
        body[Array.IndexOf(body, (byte)'u', 12)] = 0xFF;

        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", body, "application/json");
        using var utf16 = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Encoding.Unicode.GetBytes(Valid()), "application/json");

        await ProblemOf(answer, 400);
        await ProblemOf(utf16, 400);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rank") { Content = new StringContent(Valid(), Encoding.UTF8, "application/json") };
        request.Content.Headers.ContentEncoding.Add("gzip");

        using var answer = await _app.Client.SendAsync(request);

        await ProblemOf(answer, 415);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Thirty_megabytes_get_their_problem(bool chunked)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rank") { Content = new ByteArrayContent(new byte[30 << 20]) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.TransferEncodingChunked = chunked;

        using var answer = await _app.Client.SendAsync(request);

        Assert.Contains("16777216", await MessageAt(answer, "$", 413), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/rank", 405)]
    [InlineData("DELETE", "/v1/items", 405)]
    [InlineData("POST", "/v1/ranks", 404)]
    [InlineData("GET", "/", 404)]
    [InlineData("GET", "/v1/users//session", 404)]
    [InlineData("PATCH", "/nowhere", 404)]
    public async Task Unknown_paths_and_methods_get_their_problem(string method, string path, int status)
    {
        using var answer = await _app.SendAsync(new HttpMethod(method), path);

        await ProblemOf(answer, status);
    }

    [Fact]
    public async Task Candidates_without_scores_need_a_bundle_that_predicts_them()
    {
        await using var app = await RankApp.StartAsync(registry => TestBundles.Publish(registry, taskScores: false), null);
        var rows = Requests.Rows().Changed(r => r.Candidates().ToList().ForEach(row => row!.AsObject().Remove("scores")));

        using var fromRows = await app.SendAsync(HttpMethod.Post, "/v1/rank", rows.ToJsonString());
        using var fromColumns = await app.SendAsync(HttpMethod.Post, "/v1/rank", rows.ToColumns().ToJsonString());

        Assert.Contains("click, like, longView", await MessageAt(fromRows, "$.candidates[0].scores", 422), StringComparison.Ordinal);
        await MessageAt(fromColumns, "$.columns.scores", 422);
    }

    [Fact]
    public async Task A_lower_limit_of_candidates_holds()
    {
        await using var app = await RankApp.StartAsync("--Ranking:MaxCandidates=5");

        await app.RankAsync(Requests.Rows(5));
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows(6).ToJsonString());

        Assert.Contains("5", await MessageAt(answer, "$.candidates", 400), StringComparison.Ordinal);
    }

    internal static async Task<JsonObject> ProblemOf(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(status == (int)answer.StatusCode, $"{(int)answer.StatusCode}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.Equal(status, (int)problem["status"]!);
        Assert.NotEmpty((string)problem["title"]!);
        Assert.NotEmpty((string)problem["detail"]!);
        Assert.NotEmpty((string)problem["type"]!);
        return problem;
    }

    private static async Task<string> MessageAt(HttpResponseMessage answer, string path, int status) =>
        (string)(await ProblemOf(answer, status))["errors"]![path]![0]!;

    private static string Valid() =>
        """
        {"userId":"u","requestId":"r","timestamp":"2026-01-31T20:15:00Z","context":{"hour":20},"userFeatures":{"age":31},"limit":20,"explain":false,
        "tasks":["click","like","longView"],
        "candidates":[{"itemId":"v-1","scores":[0.1,0.2,0.3]},{"itemId":"v-2","scores":[0.4,0.5,0.6],"features":{"duration":14}}]}
        """;

    private static string With(string part, string replacement) => Replaced(Valid(), part, replacement);

    private static string Columns() =>
        """{"userId":"u","columns":{"itemIds":["v-1","v-2"],"scores":{"click":[0.1,0.4],"longView":[0.3,0.6]},"features":{"duration":[14,9]}}}""";

    private static string WithColumns(string part, string replacement) => Replaced(Columns(), part, replacement);

    private static string Replaced(string text, string part, string replacement)
    {
        Assert.Contains(part, text, StringComparison.Ordinal);
        return text.Replace(part, replacement, StringComparison.Ordinal);
    }

    private static string Many(int candidates) =>
        $$"""{"userId":"u","candidates":[{{Requests.Repeated(candidates, i => $$"""{"itemId":"i{{i}}","scores":[0.5,0.5,0.5]}""")}}]}""";

    private static string ManyColumns(int candidates) =>
        $$$"""{"userId":"u","columns":{"itemIds":[{{{Requests.Repeated(candidates, i => $"\"i{i}\"")}}}]}}""";

    public sealed class App : IAsyncLifetime
    {
        public RankApp Running { get; private set; } = null!;

        public async Task InitializeAsync() => Running = await RankApp.StartAsync();

        public async Task DisposeAsync() => await Running.DisposeAsync();
    }
}
