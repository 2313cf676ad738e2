using System.Text.Json.Nodes;
using MTRec.Core.Bundles;
using MTRec.Core.Events;
using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Experiments;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Exploration;

public sealed class ExplorationServiceTests
{
    [Fact]
    public async Task A_drawn_action_ranks_is_explained_and_is_logged_with_its_density()
    {
        await using var app = await StartAsync(registry => TestBundles.Publish(registry, formula: FusionFormula.PowerProduct), Rule());
        var request = Request("r-1");

        var answer = await app.RankAsync(request);
        var again = await app.RankAsync(request);
        var other = await app.RankAsync(Request("r-2"));

        Assert.True(answer.Exploring);
        Assert.Equal(Actions(answer), Actions(again));
        Assert.Equal(answer.Items.Select(item => item.Score), again.Items.Select(item => item.Score));
        Assert.NotEqual(Actions(answer)[0], Actions(other)[0]);

        var exposure = (await app.StopAndReadEventsAsync()).OfType<ExposureEvent>().First();
        var drawn = exposure.Exploration!;
        Assert.Equal(TestBundles.Action(FusionFormula.PowerProduct), drawn.Baseline);
        Assert.Equal(6, exposure.Action!.Length);
        Assert.All(Actions(answer), action => Assert.Equal(exposure.Action.Select(value => (double)value), action.Select(value => (double)(float)value)));
        var reach = new double[6];
        for (var i = 0; i < 6; i++)
        {
            // Ranges are [0, 5]: 0.15 of [-1, 1] is 0.375.
            var (low, high) = (Math.Max(0, drawn.Baseline[i] - 0.375), Math.Min(5, drawn.Baseline[i] + 0.375));
            Assert.InRange(exposure.Action[i], low - 1e-6, high + 1e-6);
            Assert.NotEqual(drawn.Baseline[i], exposure.Action[i]);
            reach[i] = (high - low) / 2.5;
        }

        Assert.Equal(-reach.Sum(Math.Log), Assert.Single(drawn.LogDensity), 1e-4);
        Assert.Equal(Enumerable.Repeat(-0.15f, 6), drawn.Lower);
        Assert.Equal(Enumerable.Repeat(0.15f, 6), drawn.Upper);
        foreach (var item in answer.Items)
        {
            var index = int.Parse(item.ItemId[2..]) - 1;
            var fused = Fuser.Fuse(
                FusionFormula.PowerProduct, [.. Enumerable.Range(0, 3).Select(task => (float)Requests.Score(index, task))], exposure.Action, [], new float[3]);
            Assert.Equal(fused, item.FusionScore, 1e-4);
            Assert.Equal(item.FusionScore, item.Explanation!.Contributions.Values.Sum(), 1e-4);
        }
    }

    [Fact]
    public async Task A_policy_that_acts_on_every_candidate_has_every_action_drawn()
    {
        await using var app = await StartAsync(PublishPerCandidate, Rule("Gaussian"));

        var answer = await app.RankAsync(Request("r-1"));

        Assert.True(answer.Exploring);
        Assert.Equal(8, Actions(answer).Select(action => action[0]).Distinct().Count());
        var exposure = (await app.StopAndReadEventsAsync()).OfType<ExposureEvent>().Single();
        Assert.Equal(24, exposure.Action!.Length);
        Assert.Equal(24, exposure.Exploration!.Baseline.Length);
        Assert.Equal(8, exposure.Exploration.LogDensity.Length);
        Assert.Equal(3, exposure.Exploration.Lower.Length);
        Assert.All(exposure.Action.Zip(exposure.Exploration.Baseline), pair => Assert.InRange(pair.First - pair.Second, -0.3751, 0.3751));
        foreach (var item in answer.Items)
        {
            var index = Array.IndexOf(exposure.ItemIds, item.ItemId);
            var fused = Enumerable.Range(0, 3).Sum(task => exposure.Action[(3 * index) + task] * Requests.Score(index, task));
            Assert.Equal(fused, item.FusionScore, 1e-4);
            Assert.Equal(exposure.Action[3 * index], item.Explanation!.Action["click.weight"], 1e-6);
        }
    }

    [Fact]
    public async Task A_share_of_the_users_is_explored_the_same_on_every_request()
    {
        var rule = Rule();
        rule["Share"] = 0.5;
        await using var app = await StartAsync(registry => TestBundles.Publish(registry), rule);
        var explored = 0;
        for (var i = 0; i < 60; i++)
        {
            var user = Requests.Invariant($"u-{i}");
            var first = await app.RankAsync(Requests.Rows(2, user));
            var second = await app.RankAsync(Requests.Rows(3, user));
            Assert.Equal(first.Exploring, second.Exploring);
            Assert.Equal(first.Exploring, (await app.GetAsync<AssignmentAnswer>($"/v1/experiments/explore/assignment?userId={user}")).Exploring);
            explored += first.Exploring ? 1 : 0;
        }

        Assert.InRange(explored, 15, 45);
        var exposures = (await app.StopAndReadEventsAsync()).OfType<ExposureEvent>().ToArray();
        Assert.Equal(2 * explored, exposures.Count(exposure => exposure.Exploration is not null));
    }

    [Fact]
    public async Task Bounds_of_the_bundle_hold_over_wider_ones_and_points_are_not_explored()
    {
        var rule = Rule();
        rule["Lower"] = -2;
        rule["Upper"] = 2;
        await using var wide = await StartAsync(registry => TestBundles.Publish(registry), rule);
        await wide.RankAsync(Request("r-1"));
        var drawn = (await wide.StopAndReadEventsAsync()).OfType<ExposureEvent>().Single().Exploration!;
        Assert.Equal(Enumerable.Repeat(-0.15f, 3), drawn.Lower);
        Assert.Equal(Enumerable.Repeat(0.15f, 3), drawn.Upper);

        rule["Lower"] = 0;
        rule["Upper"] = 0;
        await using var point = await StartAsync(registry => TestBundles.Publish(registry), rule);
        Assert.False((await point.RankAsync(Request("r-1"))).Exploring);
    }

    private static JsonObject Request(string id) => Requests.Rows(8).Changed(request =>
    {
        request["requestId"] = id;
        request["explain"] = true;
    });

    private static List<double[]> Actions(RankAnswer answer) => [.. answer.Items.Select(item => item.Explanation!.Action.Values.ToArray())];

    private static JsonObject Rule(string kind = "Bounded") => new() { ["Kind"] = kind };

    private static Task<RankApp> StartAsync(Action<string> publish, JsonObject rule)
    {
        var section = JsonNode.Parse("""{ "Layers": { "e": { "Experiments": { "explore": { "Control": "explored", "Variants": { "explored": { "Percentage": 100 } } } } } } }""")!.AsObject();
        section.Experiment("e", "explore")["Variants"]!["explored"]!["Exploration"] = rule.DeepClone();
        return RankApp.StartAsync(publish, null, Configured.Arguments(section));
    }

    private static void PublishPerCandidate(string registry)
    {
        var manifest = TestBundles.Manifest();
        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, -1, manifest.Tasks.Count);
        FusionGraphs.Fuse(graph, manifest.Tasks, manifest.Fusion, scores, graph.Sigmoid(scores) * 3 + 1, actionPerCandidate: true);
        BundleWriter.Write(registry, manifest, TestBundles.Parts(manifest) with { Policy = graph });
    }
}
