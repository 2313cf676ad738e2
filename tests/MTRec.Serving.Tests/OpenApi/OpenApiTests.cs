using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using MTRec.Testing;

namespace MTRec.Serving.Tests.OpenApi;

public sealed class OpenApiTests : IAsyncLifetime
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    private RankApp _app = null!;

    public async Task InitializeAsync() => _app = await RankApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    /// <summary>A change of the contract shows in this file's difference. MTREC_ACCEPT=1 writes it anew.</summary>
    [Fact]
    public async Task The_document_is_the_one_in_the_repository()
    {
        var path = Path.Combine(SharedData.RepositoryRoot, "tests", "MTRec.Serving.Tests", "OpenApi", "openapi.json");
        var document = (await DocumentAsync()).ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("MTREC_ACCEPT") == "1")
            await File.WriteAllTextAsync(path, document);

        Assert.Equal(await File.ReadAllTextAsync(path), document);
    }

    [Fact]
    public async Task Every_path_is_described_with_its_problems()
    {
        var paths = (await DocumentAsync())["paths"]!.AsObject();

        Assert.Equal(
            ["/health/live", "/health/ready", "/metrics", "/v1/bundles", "/v1/bundles/rollback", "/v1/bundles/{version}/activate", "/v1/experiments", "/v1/experiments/{name}/assignment", "/v1/experiments/{name}/report", "/v1/feedback", "/v1/items", "/v1/items/{itemId}", "/v1/rank", "/v1/users/{userId}/session"],
            paths.Select(path => path.Key).Order(StringComparer.Ordinal));
        var rank = paths["/v1/rank"]!["post"]!["responses"]!.AsObject();
        Assert.Equal(["200", "400", "401", "403", "406", "413", "415", "422", "429", "503"], rank.Select(response => response.Key).Order(StringComparer.Ordinal));
        Assert.All(rank.Where(response => response.Key != "200"), response => Assert.NotNull(response.Value!["content"]!["application/problem+json"]));
    }

    [Theory]
    [InlineData("/v1/rank", "post", "rows", HttpStatusCode.OK)]
    [InlineData("/v1/rank", "post", "columns", HttpStatusCode.OK)]
    [InlineData("/v1/feedback", "post", "feedback", HttpStatusCode.Accepted)]
    [InlineData("/v1/items", "put", "items", HttpStatusCode.OK)]
    public async Task Examples_work_as_they_stand(string path, string method, string example, HttpStatusCode status)
    {
        var body = (await DocumentAsync())["paths"]![path]![method]!["requestBody"]!["content"]!["application/json"]!["examples"]![example]!["value"]!;

        using var answer = await _app.SendAsync(new HttpMethod(method.ToUpperInvariant()), path, body.ToJsonString());

        Assert.Equal(status, answer.StatusCode);
        var text = await answer.Content.ReadAsStringAsync();
        if (path == "/v1/rank")
            Assert.Equal(3, JsonNode.Parse(text)!["items"]!.AsArray().Count);
        if (path == "/v1/feedback")
            Assert.Equal(2, (int)JsonNode.Parse(text)!["accepted"]!);
    }

    private async Task<JsonNode> DocumentAsync()
    {
        using var answer = await _app.SendAsync(HttpMethod.Get, "/swagger/v1/swagger.json");
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
    }
}
