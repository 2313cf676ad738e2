using System.Text.Json;
using System.Text.Json.Nodes;
using MTRec.Serving.OpenApi;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

public sealed class RankAnswerTests : IAsyncLifetime
{
    private RankApp _app = null!;

    public async Task InitializeAsync() => _app = await RankApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Candidates_come_back_ordered_by_score_with_every_part_of_the_contract()
    {
        var answer = await _app.RankAsync(Requests.Rows(8).Changed(r => r["requestId"] = "r-7"));

        Assert.Equal("r-7", answer.RequestId);
        Assert.Equal("u-1", answer.UserId);
        Assert.Equal(("default", "1"), (answer.Bundle.Name, answer.Bundle.Version));
        Assert.Empty(answer.Variants);
        Assert.Empty(answer.Degraded);
        Assert.Empty(answer.DefaultedTasks);
        Assert.False(answer.Exploring);
        Assert.Equal(0, answer.DefaultedItems);
        Assert.Equal(Enumerable.Range(1, 8), answer.Items.Select(item => item.Rank));
        Assert.Equal(8, answer.Items.Select(item => item.ItemId).Distinct().Count());
        Assert.Equal(answer.Items.Select(item => item.Score).OrderDescending(), answer.Items.Select(item => item.Score));
        Assert.All(answer.Items, item =>
        {
            Assert.NotNull(item.MentalReward);
            Assert.True(item.MentalReward.P10 <= item.MentalReward.P50 && item.MentalReward.P50 <= item.MentalReward.P90);
            Assert.Null(item.Explanation);
        });
    }

    [Fact]
    public async Task Fusion_scores_are_the_weighted_sum_of_the_scores_that_were_sent()
    {
        var answer = await _app.RankAsync(Requests.Rows(8));

        Assert.All(answer.Items, item =>
        {
            var index = int.Parse(item.ItemId.AsSpan(2)) - 1;
            var expected = Enumerable.Range(0, 3).Sum(task => TestBundles.Weights[task] * Requests.Score(index, task));
            Assert.Equal(expected, item.FusionScore, 1e-5);
        });
    }

    [Fact]
    public async Task The_final_score_adds_the_weighted_standardised_mental_reward()
    {
        var answer = await _app.RankAsync(Requests.Rows(8));

        // The manifest's standardisers and the default weight.
        Assert.All(answer.Items, item =>
            Assert.Equal(((item.FusionScore - 1.5) / 0.5) + (0.3 * (item.MentalReward!.Mean - 0.1) / 0.4), item.Score, 1e-5));
    }

    [Fact]
    public async Task Contributions_add_up_to_the_fusion_score_and_the_action_is_named()
    {
        var answer = await _app.RankAsync(Requests.Rows().Changed(r => r["explain"] = true));

        Assert.All(answer.Items, item =>
        {
            Assert.Equal(Requests.Tasks, item.Explanation!.Contributions.Keys);
            Assert.Equal(item.FusionScore, item.Explanation.Contributions.Values.Sum(), 1e-5);
            Assert.Equal(["click.weight", "like.weight", "longView.weight"], item.Explanation.Action.Keys);
            Assert.Equal(TestBundles.Weights.Select(weight => (double)weight), item.Explanation.Action.Values);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_and_columns_of_one_request_give_byte_identical_items(bool withScores)
    {
        var rows = Requests.Rows(12).Changed(r =>
        {
            r["explain"] = true;
            r.Candidate(3)["features"] = new JsonObject { ["duration"] = 33.5, ["category"] = 2 };
            r.Candidate(7)["features"] = new JsonObject { ["duration"] = 9 };
            r.Candidate(9)["itemId"] = "nobody-knows-it";
            if (!withScores)
            {
                foreach (var row in r.Candidates())
                    row!.AsObject().Remove("scores");
            }
        });

        Assert.Equal(await ItemsTextAsync(rows), await ItemsTextAsync(rows.ToColumns()));
    }

    [Fact]
    public async Task The_same_request_gives_the_same_answer()
    {
        var request = Requests.Rows(20).Changed(r => r["requestId"] = "same");

        Assert.Equal(await TextAsync(request), await TextAsync(request));
    }

    [Fact]
    public async Task Concurrent_calls_do_not_mix()
    {
        var requests = Enumerable.Range(1, 40).Select(i => Requests.Rows(i * 7 % 41, $"u-{i}").Changed(r =>
        {
            r["requestId"] = $"r-{i}";
            r["context"]!["hour"] = i % 24;
        })).Select(r => r.Candidates().Count > 20 ? r.ToColumns() : r).ToArray();
        var expected = new List<string>();
        foreach (var request in requests)
            expected.Add(await TextAsync(request));

        for (var round = 0; round < 5; round++)
            Assert.Equal(expected, await Task.WhenAll(requests.Select(TextAsync)));
    }

    [Fact]
    public async Task A_candidates_scores_do_not_depend_on_its_neighbours()
    {
        var all = (await _app.RankAsync(Requests.Rows(20))).Items.ToDictionary(item => item.ItemId);
        for (var i = 0; i < 20; i++)
        {
            var index = i;
            var alone = (await _app.RankAsync(Requests.Rows(20).Changed(r => r["candidates"] = new JsonArray(r.Candidate(index).DeepClone())))).Items.Single();
            Assert.Equal(all[alone.ItemId].Score, alone.Score, 1e-5);
            Assert.Equal(all[alone.ItemId].FusionScore, alone.FusionScore, 1e-5);
            Assert.Equal(all[alone.ItemId].MentalReward!.Mean, alone.MentalReward!.Mean, 1e-5);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(int.MaxValue)]
    public async Task A_limit_cuts_the_answer_and_changes_nothing_else(int limit)
    {
        var all = await _app.RankAsync(Requests.Rows());
        var cut = await _app.RankAsync(Requests.Rows().Changed(r => r["limit"] = limit));

        Assert.Equal(all.Items.Take(limit), cut.Items);
    }

    [Fact]
    public async Task The_order_of_tasks_is_the_order_of_the_scores_wherever_tasks_stands()
    {
        var expected = await ItemsTextAsync(Requests.Rows());
        var turned = Requests.Rows().Changed(r =>
        {
            foreach (var row in r.Candidates())
                row!["scores"] = new JsonArray(row["scores"]!.AsArray().Reverse().Select(score => score!.DeepClone()).ToArray());
            r["tasks"] = new JsonArray("longView", "like", "click");
        });
        Assert.EndsWith("\"click\"]}", turned.ToJsonString(), StringComparison.Ordinal);
        var tasksFirst = new JsonObject([KeyValuePair.Create("tasks", turned["tasks"]?.DeepClone()), .. turned.DeepClone().AsObject().Where(m => m.Key != "tasks").Select(m => KeyValuePair.Create(m.Key, m.Value?.DeepClone()))]);

        Assert.Equal(expected, await ItemsTextAsync(turned));
        Assert.Equal(expected, await ItemsTextAsync(tasksFirst));
        Assert.Equal(expected, await ItemsTextAsync(turned.ToJsonString().Replace("\"tasks\"", "\"\\u0074asks\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Tasks_that_are_not_sent_take_their_default_and_are_named()
    {
        JsonObject Subset(JsonObject r)
        {
            foreach (var row in r.Candidates())
                row!["scores"] = new JsonArray(row["scores"]![2]!.DeepClone(), row["scores"]![0]!.DeepClone());
            r["tasks"] = new JsonArray("longView", "click");
            return r;
        }

        var subset = Subset(Requests.Rows());
        var answer = await _app.RankAsync(subset);
        var filled = await _app.RankAsync(Requests.Rows().Changed(r =>
        {
            foreach (var row in r.Candidates())
                row!["scores"]![1] = 0.02;
        }));

        Assert.Equal(["like"], answer.DefaultedTasks);
        Assert.Equal(filled.Items, answer.Items);
        Assert.Equal(["like"], (await _app.RankAsync(subset.ToColumns())).DefaultedTasks);
        Assert.Equal(await ItemsTextAsync(subset), await ItemsTextAsync(subset.ToColumns().Changed(r => r.Remove("tasks"))));
    }

    [Fact]
    public async Task The_order_of_members_is_free_at_every_level()
    {
        var request = Requests.Rows().Changed(r =>
        {
            foreach (var row in r.Candidates())
                row!["features"] = new JsonObject { ["category"] = 1, ["duration"] = 40 };
        });

        var expected = await ItemsTextAsync(request);

        Assert.Equal(expected, await ItemsTextAsync(Backwards(request)));
        Assert.Equal(expected, await ItemsTextAsync(request.ToColumns()));
        Assert.Equal(expected, await ItemsTextAsync(Backwards(request.ToColumns())));
    }

    [Fact]
    public async Task Candidates_without_scores_are_scored_by_the_bundle()
    {
        var answer = await _app.RankAsync(Requests.Rows().Changed(r =>
        {
            foreach (var row in r.Candidates())
                row!.AsObject().Remove("scores");
        }));

        Assert.Empty(answer.DefaultedTasks);
        Assert.Equal(5, answer.Items.Select(item => item.FusionScore).Distinct().Count());
        Assert.All(answer.Items, item => Assert.InRange(item.FusionScore, 0, 6));
    }

    [Fact]
    public async Task Features_come_from_the_request_else_the_table_else_the_defaults()
    {
        async Task<RankAnswerItem> Of(string itemId, JsonObject? features)
        {
            var answer = await _app.RankAsync(Requests.Rows(1).Changed(r =>
            {
                r.Candidate(0)["itemId"] = itemId;
                r.Candidate(0)["features"] = features;
            }));
            Assert.Equal(itemId == "unknown" && features is null ? 1 : 0, answer.DefaultedItems);
            return answer.Items.Single();
        }

        // v-3 has duration 25 and category 2.
        var fromTable = await Of("v-3", null);
        var told = await Of("unknown", new JsonObject { ["duration"] = 25, ["category"] = 2 });
        var defaults = await Of("unknown", null);
        var overridden = await Of("v-3", new JsonObject { ["duration"] = 20, ["category"] = 0 });
        var partly = await Of("v-3", new JsonObject { ["duration"] = 20 });

        Assert.Equal(fromTable.MentalReward, told.MentalReward);
        Assert.Equal(defaults.MentalReward, overridden.MentalReward);
        Assert.NotEqual(fromTable.MentalReward, defaults.MentalReward);
        Assert.NotEqual(overridden.MentalReward, partly.MentalReward);
    }

    [Fact]
    public async Task Categories_are_named_or_numbered_and_unknown_names_are_the_unknown_category()
    {
        Task<string> With(JsonNode? device) => ItemsTextAsync(Requests.Rows().Changed(r => r["userFeatures"]!["device"] = device));

        Assert.Equal(await With(2), await With("tablet"));
        Assert.Equal(await With(0), await With("refrigerator"));
        Assert.Equal(await With(0), await With(null));
        Assert.NotEqual(await With(1), await With(2));
    }

    [Fact]
    public async Task Unknown_names_are_passed_over()
    {
        var expected = await ItemsTextAsync(Requests.Rows());

        Assert.Equal(expected, await ItemsTextAsync(Requests.Rows().Changed(r =>
        {
            r["trace"] = new JsonObject { ["id"] = new JsonArray(1, "two", null) };
            r["context"]!["weather"] = "rain";
            r["userFeatures"]!["shoeSize"] = 44;
            r.Candidate(0)["debug"] = true;
            r.Candidate(0)["features"] = new JsonObject { ["colour"] = new JsonArray() };
        })));
    }

    [Fact]
    public async Task Ten_thousand_candidates_are_ranked()
    {
        var request = Requests.Rows(1).Changed(r => r["candidates"] = new JsonArray([.. Enumerable.Range(0, 10_000).Select(i => Requests.Row($"item-{i}", i))]));

        Assert.Equal(10_000, (await _app.RankAsync(request)).Items.Count);
        Assert.Equal(10_000, (await _app.RankAsync(request.ToColumns())).Items.Count);
    }

    [Fact]
    public async Task Server_timing_names_every_stage()
    {
        using var given = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().ToJsonString());
        using var predicted = await _app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().Changed(r => r.Candidates().ToList().ForEach(row => row!.AsObject().Remove("scores"))).ToJsonString());

        Assert.Equal(["parse", "session", "policy", "mental", "blend", "total"], Stages(given));
        Assert.Equal(["parse", "session", "tasks", "policy", "mental", "blend", "total"], Stages(predicted));

        static IEnumerable<string> Stages(HttpResponseMessage answer) => answer.Headers.GetValues("Server-Timing").Single().Split(", ").Select(stage =>
        {
            var parts = stage.Split(";dur=");
            Assert.InRange(double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), 0, 60_000);
            return parts[0];
        });
    }

    [Fact]
    public async Task A_new_request_id_is_made_where_none_is_given()
    {
        var first = await _app.RankAsync(Requests.Rows());
        var second = await _app.RankAsync(Requests.Rows());

        Assert.NotEmpty(first.RequestId);
        Assert.NotEqual(first.RequestId, second.RequestId);
    }

    private static JsonNode? Backwards(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Reverse().Select(member => KeyValuePair.Create(member.Key, Backwards(member.Value)))),
        JsonArray elements => new JsonArray([.. elements.Select(Backwards)]),
        _ => node?.DeepClone(),
    };

    private Task<string> ItemsTextAsync(JsonNode? request) => ItemsTextAsync(request!.ToJsonString());

    private async Task<string> ItemsTextAsync(string request)
    {
        using var document = JsonDocument.Parse(await TextAsync(request));
        return document.RootElement.GetProperty("items").GetRawText();
    }

    private Task<string> TextAsync(JsonNode request) => TextAsync(request.ToJsonString());

    private async Task<string> TextAsync(string request)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/rank", request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }
}
