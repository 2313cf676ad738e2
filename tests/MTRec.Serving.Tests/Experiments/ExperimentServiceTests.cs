using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Serving.Experiments;
using MTRec.Serving.OpenApi;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Experiments;

public sealed class ExperimentServiceTests
{
    private static readonly string[] Users = [.. Enumerable.Range(0, 40).Select(i => Requests.Invariant($"user {i}/ü"))];

    [Fact]
    public async Task Users_keep_their_variants_over_replicas_restarts_and_requests()
    {
        var settings = Configured.Arguments(Configured.TwoLayers());
        await using var first = await RankApp.StartAsync(settings);
        await using var second = await RankApp.StartAsync([.. settings.Reverse()]);
        var expected = Configured.Read(Configured.TwoLayers());

        foreach (var user in Users.Append("named"))
        {
            var answer = await first.RankAsync(Requests.Rows(3, user));
            var elsewhere = await second.RankAsync(Requests.Rows(5, user));
            Assert.Equal(expected.VariantsOf(user), answer.Variants.ToDictionary(variant => variant.Experiment, variant => variant.Variant));
            Assert.Equal(answer.Variants, elsewhere.Variants);
            foreach (var experiment in new[] { "first", "second", "third" })
                Assert.Equal(expected.VariantsOf(user).GetValueOrDefault(experiment), (await AssignmentAsync(first, experiment, user)).Variant);
        }

        var exposure = (await first.StopAndReadEventsAsync()).OfType<ExposureEvent>().Last();
        Assert.Equal([new ExposureVariant("first", "treated", "override"), .. expected.Plan("named", []).Variants.Skip(1)], exposure.Variants);
    }

    [Fact]
    public async Task A_variant_changes_blending_weights_and_bundle()
    {
        var section = Configured.TwoLayers();
        section.Experiment("fusion", "first")["Variants"]!["treated"]!["Fusion"] = new JsonObject { ["Weights"] = new JsonObject { ["longView"] = 2, ["click"] = -1 } };
        section.Experiment("fusion", "second")["Variants"]!["treated"]!["Bundle"] = "2";
        section.Experiment("reward", "third")["Variants"]!["treated"]!["Blending"] = new JsonObject { ["Weight"] = 0 };
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "2", formula: Core.Fusion.FusionFormula.PowerProduct, created: new DateTimeOffset(2026, 1, 30, 0, 0, 0, TimeSpan.Zero));
                TestBundles.Publish(registry, version: "1");
            },
            null,
            Configured.Arguments(section));
        var request = Requests.Rows(20, "named").Changed(r => r["explain"] = true);

        using var weights = await ForcedAsync(app, request, "first=treated, third=treated");
        var byWeights = await ReadAsync(weights);
        Assert.Equal("1", (string)byWeights["bundle"]!["version"]!);
        foreach (var item in byWeights["items"]!.AsArray())
        {
            var index = int.Parse(((string)item!["itemId"]!)[2..]) - 1;
            Assert.Equal((2 * Requests.Score(index, 2)) - Requests.Score(index, 0), (double)item["fusionScore"]!, 1e-5);
            Assert.Equal(2, (double)item["explanation"]!["action"]!["longView.weight"]!);
            Assert.Equal(-Requests.Score(index, 0), (double)item["explanation"]!["contributions"]!["click"]!, 1e-5);
        }

        var byFusion = byWeights["items"]!.AsArray().OrderByDescending(item => (double)item!["fusionScore"]!).Select(item => (string)item!["itemId"]!);
        Assert.Equal(byFusion, byWeights["items"]!.AsArray().Select(item => (string)item!["itemId"]!));

        using var other = await ForcedAsync(app, Requests.Rows(20, "named").ToColumns().Changed(r => r["explain"] = true), "second=treated");
        var byBundle = await ReadAsync(other);
        Assert.Equal("2", (string)byBundle["bundle"]!["version"]!);
        Assert.Empty(byBundle["degraded"]!.AsArray());
        Assert.NotNull(byBundle["items"]![0]!["explanation"]!["action"]!["click.power"]);

        var exposures = (await app.StopAndReadEventsAsync()).OfType<ExposureEvent>().ToArray();
        Assert.Equal(["default/1", "default/2"], exposures.Select(exposure => exposure.Bundle));
        Assert.Null(exposures[0].Action);
        Assert.All(exposures, exposure => Assert.Equal("forced", exposure.Variants[0].Because));
    }

    [Fact]
    public async Task A_bundle_that_is_not_there_falls_back_and_says_so()
    {
        var section = Configured.TwoLayers();
        section.Experiment("fusion", "first")["Variants"]!["treated"]!["Bundle"] = "absent";
        await using var app = await RankApp.StartAsync(Configured.Arguments(section));

        var answer = await app.RankAsync(Requests.Rows(3, "named"));

        Assert.Equal("1", answer.Bundle.Version);
        Assert.Equal(["variant"], answer.Degraded);
        Assert.Equal("treated", answer.Variants[0].Variant);
    }

    [Fact]
    public async Task Weights_for_tasks_that_the_bundle_lacks_leave_its_policy_and_say_so()
    {
        var section = Configured.TwoLayers();
        section.Experiment("fusion", "first")["Variants"]!["treated"]!["Fusion"] = new JsonObject { ["Weights"] = new JsonObject { ["purchase"] = 2 } };
        await using var app = await RankApp.StartAsync(Configured.Arguments(section));

        var answer = await app.RankAsync(Requests.Rows(3, "named"));

        Assert.Equal(["variant"], answer.Degraded);
        Assert.NotNull((await app.StopAndReadEventsAsync()).OfType<ExposureEvent>().Single().Action);
    }

    [Theory]
    [InlineData("first", HttpStatusCode.BadRequest)]
    [InlineData("first=", HttpStatusCode.BadRequest)]
    [InlineData("=treated", HttpStatusCode.BadRequest)]
    [InlineData("first=treated,", HttpStatusCode.BadRequest)]
    [InlineData("absent=treated", HttpStatusCode.UnprocessableEntity)]
    [InlineData("first=absent", HttpStatusCode.UnprocessableEntity)]
    [InlineData("first=treated,second=treated", HttpStatusCode.UnprocessableEntity)]
    public async Task A_variant_that_cannot_be_forced_is_refused(string header, HttpStatusCode status)
    {
        await using var app = await RankApp.StartAsync(Configured.Arguments(Configured.TwoLayers()));

        using var answer = await ForcedAsync(app, Requests.Rows(3), header);

        Assert.Equal(status, answer.StatusCode);
        Assert.NotNull(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["errors"]![ForcedVariants.Header]);
    }

    [Fact]
    public async Task A_changed_file_takes_effect_and_a_bad_one_keeps_the_old_and_reports_every_fault()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "experiments.json");
        var section = Configured.TwoLayers();
        await WriteAsync(path, section);
        await using var app = await RankApp.StartAsync();
        ((ConfigurationManager)app.Services.GetRequiredService<IConfiguration>()).AddJsonFile(path, optional: false, reloadOnChange: true);
        Assert.Equal("treated", (await app.RankAsync(Requests.Rows(3, "named"))).Variants[0].Variant);

        section.Experiment("fusion", "first")["Variants"]!["control"]!["Users"] = new JsonArray("other");
        await WriteAsync(path, section);
        await Eventually.TrueAsync(async () => (await app.RankAsync(Requests.Rows(3, "other"))).Variants[0].Variant == "control", () => "The named user has no effect.");

        var bad = section.DeepClone().AsObject();
        bad.Experiment("fusion", "first")["Traffic"] = 90;
        bad.Experiment("fusion", "second")["Control"] = "nobody";
        bad.Experiment("reward", "third")["Enabled"] = false;
        await WriteAsync(path, bad);
        await Eventually.TrueAsync(async () => (await app.GetAsync<ExperimentsAnswer>("/v1/experiments")).Refused.Count == 2, () => "The faults are not shown.");
        Assert.Equal(2, (await app.RankAsync(Requests.Rows(3, "other"))).Variants.Count);

        section["Enabled"] = false;
        await WriteAsync(path, section);
        await Eventually.TrueAsync(async () => (await app.RankAsync(Requests.Rows(3, "other"))).Variants.Count == 0, () => "Experiments still run.");
        var shown = await app.GetAsync<ExperimentsAnswer>("/v1/experiments");
        Assert.Empty(shown.Refused);
        Assert.Equal([("first", false), ("second", false), ("third", false)], shown.Experiments.Select(experiment => (experiment.Name, experiment.Running)));
        Assert.Equal("off", (await AssignmentAsync(app, "first", "named")).Reason);
    }

    [Fact]
    public async Task A_bad_configuration_stops_the_start()
    {
        var section = Configured.TwoLayers();
        section.Experiment("fusion", "first")["Traffic"] = 90;
        section.Experiment("fusion", "second")["Control"] = "nobody";

        var fault = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => RankApp.StartAsync(Configured.Arguments(section)));

        Assert.Equal(2, fault.Failures.Count());
    }

    [Fact]
    public async Task Assignment_says_why()
    {
        await using var app = await RankApp.StartAsync(Configured.Arguments(Configured.TwoLayers()));
        Assert.Equal("override", (await AssignmentAsync(app, "first", "named")).Reason);
        var set = Configured.Read(Configured.TwoLayers());
        var second = Users.First(user => set.VariantsOf(user).ContainsKey("second"));
        var outside = Users.First(user => set.VariantsOf(user).Count == 1);

        Assert.Equal("chance", (await AssignmentAsync(app, "second", second)).Reason);
        Assert.Equal("otherExperiment", (await AssignmentAsync(app, "first", second)).Reason);
        Assert.Equal("outsideTraffic", (await AssignmentAsync(app, "first", outside)).Reason);
        using var unknown = await app.SendAsync(HttpMethod.Get, "/v1/experiments/absent/assignment?userId=u");
        using var nobody = await app.SendAsync(HttpMethod.Get, "/v1/experiments/first/assignment");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, nobody.StatusCode);
    }

    private static Task<AssignmentAnswer> AssignmentAsync(RankApp app, string experiment, string user) =>
        app.GetAsync<AssignmentAnswer>($"/v1/experiments/{experiment}/assignment?userId={Uri.EscapeDataString(user)}");

    private static async Task<HttpResponseMessage> ForcedAsync(RankApp app, JsonNode body, string header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rank") { Content = new StringContent(body.ToJsonString(), new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")) };
        request.Headers.Add(ForcedVariants.Header, header);
        return await app.Client.SendAsync(request);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private static Task WriteAsync(string path, JsonObject section)
    {
        // As a configuration map is replaced: whole or not at all.
        var next = path + ".next";
        File.WriteAllText(next, new JsonObject { ["Experiments"] = section.DeepClone() }.ToJsonString());
        File.Move(next, path, overwrite: true);
        return Task.CompletedTask;
    }
}
