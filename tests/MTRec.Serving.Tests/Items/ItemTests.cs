using System.Text.Json;
using System.Text.Json.Nodes;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Ranking;

namespace MTRec.Serving.Tests.Items;

public sealed class ItemTests : IAsyncLifetime
{
    private RankApp _app = null!;

    public async Task InitializeAsync() => _app = await RankApp.StartAsync("--Items:MaxItems=10");

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Items_of_the_bundle_are_known_and_others_are_not()
    {
        var item = await _app.GetAsync<ItemAnswer>("/v1/items/v-3");
        using var unknown = await _app.SendAsync(HttpMethod.Get, "/v1/items/nobody");

        Assert.True(item.InBundle);
        Assert.Equal(("v-3", 25f, 2f), (item.ItemId, Number(item, "duration"), Number(item, "category")));
        await RankRefusalTests.ProblemOf(unknown, 404);
    }

    [Fact]
    public async Task A_put_item_is_known_and_ranked_by_its_features()
    {
        var request = Requests.Rows(1).Changed(r => r.Candidate(0)["itemId"] = "new");
        var before = await _app.RankAsync(request);

        Assert.Equal((1, 1, 0), await PutAsync("""{"items":[{"itemId":"new","features":{"duration":300,"category":4}}]}"""));

        var item = await _app.GetAsync<ItemAnswer>("/v1/items/new");
        var after = await _app.RankAsync(request);
        var told = await _app.RankAsync(request.Changed(r =>
        {
            r.Candidate(0)["itemId"] = "other";
            r.Candidate(0)["features"] = new JsonObject { ["duration"] = 300, ["category"] = 4 };
        }));
        Assert.False(item.InBundle);
        Assert.Equal(300f, Number(item, "duration"));
        Assert.Equal((1, 0), (before.DefaultedItems, after.DefaultedItems));
        Assert.NotEqual(before.Items[0].MentalReward, after.Items[0].MentalReward);
        Assert.Equal(told.Items[0].MentalReward, after.Items[0].MentalReward);
    }

    [Fact]
    public async Task A_put_goes_over_the_table_and_over_an_earlier_put_feature_by_feature()
    {
        await PutAsync("""{"items":[{"itemId":"v-3","features":{"duration":300}}]}""");
        Assert.Equal((1, 0, 1), await PutAsync("""{"items":[{"itemId":"v-3","features":{"category":4}}]}"""));

        var item = await _app.GetAsync<ItemAnswer>("/v1/items/v-3");

        Assert.True(item.InBundle);
        Assert.Equal((300f, 4f), (Number(item, "duration"), Number(item, "category")));
    }

    [Theory]
    [InlineData("", 400, "$")]
    [InlineData("[]", 400, "$")]
    [InlineData("{}", 400, "$.items")]
    [InlineData("""{"items":[]}""", 400, "$.items")]
    [InlineData("""{"items":{}}""", 400, "$.items")]
    [InlineData("""{"items":[GOOD,null]}""", 400, "$.items[1]")]
    [InlineData("""{"items":[GOOD,{"features":{}}]}""", 400, "$.items[1].itemId")]
    [InlineData("""{"items":[GOOD,{"itemId":"x"}]}""", 400, "$.items[1].features")]
    [InlineData("""{"items":[GOOD,{"itemId":"","features":{}}]}""", 400, "$.items[1].itemId")]
    [InlineData("""{"items":[GOOD,GOOD]}""", 400, "$.items[1].itemId")]
    [InlineData("""{"items":[GOOD,{"itemId":"x","features":{"duration":601}}]}""", 400, "$.items[1].features.duration")]
    [InlineData("""{"items":[GOOD,{"itemId":"x","features":{"duration":"NaN"}}]}""", 400, "$.items[1].features.duration")]
    [InlineData("""{"items":[GOOD,{"itemId":"x","features":{"duration":1,"duration":2}}]}""", 400, "$.items[1].features.duration")]
    [InlineData("""{"items":[GOOD,{"itemId":"x","features":{"colour":1}}],"strict":true}""", 422, "$.items[1].features.colour")]
    [InlineData("""{"items":[GOOD,{"itemId":"x","features":{}}""", 400, "$.items[2]")]
    [InlineData("""{"items":[GOOD],"items":[GOOD]}""", 400, "$.items")]
    [InlineData("""{"items":[GOOD]}{}""", 400, "$")]
    public async Task A_put_with_a_fault_puts_nothing(string body, int status, string path)
    {
        using var answer = await _app.SendAsync(
            HttpMethod.Put, "/v1/items", body.Replace("GOOD", """{"itemId":"good","features":{"duration":5}}""", StringComparison.Ordinal));

        var problem = await RankRefusalTests.ProblemOf(answer, status);
        Assert.Contains(path, problem["errors"]!.AsObject().Select(error => error.Key));
        using var good = await _app.SendAsync(HttpMethod.Get, "/v1/items/good");
        await RankRefusalTests.ProblemOf(good, 404);
    }

    [Fact]
    public async Task Where_there_is_no_room_nothing_is_put()
    {
        var items = new JsonArray([.. Enumerable.Range(0, 11).Select(i => new JsonObject { ["itemId"] = $"i-{i}", ["features"] = new JsonObject { ["duration"] = 5 } })]);

        using var answer = await _app.SendAsync(HttpMethod.Put, "/v1/items", new JsonObject { ["items"] = items }.ToJsonString());

        await RankRefusalTests.ProblemOf(answer, 422);
        using var first = await _app.SendAsync(HttpMethod.Get, "/v1/items/i-0");
        await RankRefusalTests.ProblemOf(first, 404);
    }

    private static float Number(ItemAnswer item, string feature) => ((JsonElement)item.Features[feature]).GetSingle();

    private async Task<(int Items, int Created, int Updated)> PutAsync(string body)
    {
        using var answer = await _app.SendAsync(HttpMethod.Put, "/v1/items", body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var put = JsonSerializer.Deserialize<PutItemsAnswer>(await answer.Content.ReadAsStringAsync(), JsonSerializerOptions.Web)!;
        return (put.Items, put.Created, put.Updated);
    }
}
