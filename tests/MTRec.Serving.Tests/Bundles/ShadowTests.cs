using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Serving.Bundles;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Protobuf;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

public sealed class ShadowTests
{
    [Fact]
    public async Task A_shadow_of_equal_weights_agrees_and_answers_nobody()
    {
        await using var app = await StartAsync("--Shadow:Version=1", "--Shadow:Share=1", "--Shadow:Top=3");

        for (var i = 0; i < 10; i++)
            Assert.Equal("2", (await app.RankAsync(Requests.Rows(20))).Bundle.Version);
        var shadow = await ReportAsync(app, report => report.Compared == 10);

        // Both have the same weights and the same mental reward; the one of another layout sums in another order.
        Assert.Equal(("1", "2", 3, 0, 0), (shadow.Version, shadow.ActiveVersion, shadow.Top, shadow.Dropped, shadow.Failed));
        Assert.Equal(1, shadow.RankCorrelation!.Value, 1e-3);
        Assert.Equal(1, shadow.TopOverlap!.Value, 1e-9);
        Assert.Equal(0, shadow.ScoreDifference!.Value, 1e-4);
        Assert.InRange(shadow.ShadowDuration!.P50, 1e-3, shadow.ShadowDuration.P99);
        Assert.InRange(shadow.ActiveDuration!.P50, 1e-3, shadow.ActiveDuration.P99);
    }

    [Fact]
    public async Task A_shadow_is_compared_by_what_it_would_have_answered()
    {
        // Without mental reward the final score is the standardised fusion score, which can be told beforehand.
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "1", weights: [5, 0, 0], mentalReward: false);
                TestBundles.Publish(registry, version: "2", weights: [0, 0, 5], mentalReward: false, created: new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
            },
            null,
            "--Shadow:Version=1",
            "--Shadow:Share=1",
            "--Shadow:Top=5");

        await app.RankAsync(Requests.Rows(20));
        var shadow = await ReportAsync(app, report => report.Compared == 1);

        var active = Enumerable.Range(0, 20).Select(i => ((5 * Requests.Score(i, 2)) - 1.5) / 0.5).ToArray();
        var other = Enumerable.Range(0, 20).Select(i => ((5 * Requests.Score(i, 0)) - 1.5) / 0.5).ToArray();
        var expected = Serving.Bundles.Shadow.OrderComparison.Of(active, other, 5);
        Assert.Equal(expected.RankCorrelation, shadow.RankCorrelation!.Value, 1e-9);
        Assert.Equal(expected.TopOverlap, shadow.TopOverlap!.Value, 1e-9);
        Assert.Equal(expected.ScoreDifference, shadow.ScoreDifference!.Value, 1e-5);
    }

    [Fact]
    public async Task A_shadow_ranks_by_the_users_session()
    {
        // The same bundle under two versions: whatever the session changes must change alike.
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "1");
                TestBundles.Publish(registry, version: "2", created: new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
            },
            null,
            "--Shadow:Version=1",
            "--Shadow:Share=1");
        var before = await app.RankAsync(Requests.Rows(20));
        await app.FeedbackAsync(Requests.Event("e-1", actions: ["click", "longView"]), Requests.Event("e-2", itemId: "v-7", actions: ["click"]));

        var after = await app.RankAsync(Requests.Rows(20));
        var shadow = await ReportAsync(app, report => report.Compared == 2);

        Assert.NotEqual(before.Items.Select(item => item.Score), after.Items.Select(item => item.Score));
        Assert.Equal((1, 0), (shadow.RankCorrelation, shadow.ScoreDifference));
    }

    [Fact]
    public async Task A_shadow_reads_requests_in_protobuf()
    {
        await using var app = await StartAsync("--Shadow:Version=1", "--Shadow:Share=1");

        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows(20).ToMessage().ToByteArray(), Messages.MediaType);

        Assert.True(answer.IsSuccessStatusCode);
        Assert.Equal(1, (await ReportAsync(app, report => report.Compared == 1)).RankCorrelation!.Value, 1e-3);
    }

    [Fact]
    public async Task What_the_shadow_has_no_time_for_is_dropped_and_counted()
    {
        await using var app = await StartAsync("--Shadow:Version=1", "--Shadow:Share=1", "--Shadow:MaxWaiting=1");
        const int Clients = 8;
        const int Calls = 40;

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < Calls; i++)
                await app.RankAsync(Requests.Rows(20, userId: $"u-{client}"));
        }));

        var shadow = await ReportAsync(app, report => report.Compared + report.Dropped == Clients * Calls);
        Assert.InRange(shadow.Compared, 1, (Clients * Calls) - 1);
        Assert.Equal(0, shadow.Failed);
    }

    [Fact]
    public async Task A_request_beyond_the_bytes_that_may_wait_is_dropped()
    {
        await using var app = await StartAsync("--Shadow:Version=1", "--Shadow:Share=1", "--Shadow:MaxWaitingBytes=65536");

        await app.RankAsync(Requests.Rows(3000));
        await app.RankAsync(Requests.Rows(20));

        var shadow = await ReportAsync(app, report => report.Compared == 1);
        Assert.Equal(1, shadow.Dropped);
    }

    [Fact]
    public async Task A_request_that_the_shadow_cannot_serve_fails_there_alone()
    {
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry, version: "1", taskScores: false);
                TestBundles.Publish(registry, version: "2", created: new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
            },
            null,
            "--Shadow:Version=1",
            "--Shadow:Share=1");

        var answer = await app.RankAsync(Requests.Rows(5).Changed(r => r.Candidates().ToList().ForEach(row => row!.AsObject().Remove("scores"))));
        await app.RankAsync(Requests.Rows(5));

        Assert.Empty(answer.Degraded);
        var shadow = await ReportAsync(app, report => report.Compared == 1 && report.Failed == 1);
        Assert.Equal(0, shadow.Dropped);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_shadows_graph_that_fails_leaves_no_word_of_a_degraded_answer()
    {
        using var service = await ServiceProcess.StartAsync(
            registry =>
            {
                FragileBundle.Publish(registry);
                TestBundles.Publish(registry, version: "2", created: new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero));
            },
            [],
            "--Shadow:Version=1",
            "--Shadow:Share=1");

        for (var i = 0; i < 5; i++)
        {
            using var answer = await service.SendAsync(
                HttpMethod.Post, "/v1/rank", Requests.Rows().Changed(r => r["context"] = new JsonObject { ["hour"] = FragileBundle.HourWithoutPolicy }).ToJsonString());
            Assert.Contains("\"degraded\":[]", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        await Eventually.TrueAsync(
            async () => (await service.Client.GetFromJsonAsync<BundlesAnswer>(new Uri("/v1/bundles", UriKind.Relative)))!.Shadow is { Failed: 5 },
            () => service.Said);
        await service.StopAsync();

        Assert.DoesNotContain("Ranked without", service.Said, StringComparison.Ordinal);
        Assert.Single(service.Said.Split('\n'), line => line.Contains("The shadow bundle default/1 cannot score a request", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_share_is_sampled()
    {
        await using var app = await StartAsync("--Shadow:Version=1", "--Shadow:Share=0.5", "--Shadow:MaxWaiting=10000");
        for (var i = 0; i < 200; i++)
            await app.RankAsync(Requests.Rows(2));

        // Ten deviations of the binomial.
        var shadow = await ReportAsync(app, report => report.Compared > 30);
        Assert.InRange(shadow.Compared, 30, 170);
    }

    [Fact]
    public async Task The_shadow_follows_the_configuration_and_starts_anew_with_another_active_bundle()
    {
        await using var app = await StartAsync("--Shadow:Share=1");
        var configuration = (IConfigurationRoot)app.Services.GetRequiredService<IConfiguration>();
        Assert.Null((await BundlesAsync(app)).Shadow);

        Set("Shadow:Version", "1");
        await ReportAsync(app, report => report.Version == "1");
        var loaded = app.Services.GetRequiredService<BundleHost>().Snapshot.Shadow!;
        await app.RankAsync(Requests.Rows());
        await ReportAsync(app, report => report.Compared == 1);

        Set("Shadow:Share", "2");
        Set("Shadow:Share", "1");
        Registries.Publish(app.Registry, 4, day: 40);
        Assert.Equal(0, (await ReportAsync(app, report => report.ActiveVersion == "4")).Compared);
        await app.RankAsync(Requests.Rows());
        await ReportAsync(app, report => report.Compared == 1);

        Set("Shadow:Version", null);
        await Eventually.TrueAsync(async () => (await BundlesAsync(app)).Shadow is null, async () => $"{(await BundlesAsync(app)).Shadow}");
        await Eventually.TrueAsync(() => loaded.Bundle.TryLease() is null, () => "The shadow is still loaded.");

        void Set(string key, string? value)
        {
            configuration[key] = value;
            configuration.Reload();
        }
    }

    private static Task<RankApp> StartAsync(params string[] settings) => RankApp.StartAsync(
        registry =>
        {
            TestBundles.Publish(registry, version: "1", change: manifest => manifest with { History = new Core.Features.HistoryLayout(9, ["click", "longView"]) });
            TestBundles.Publish(registry, version: "2", created: new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero));
        },
        null,
        settings);

    private static Task<BundlesAnswer> BundlesAsync(RankApp app) => app.GetAsync<BundlesAnswer>("/v1/bundles");

    private static async Task<ShadowAnswer> ReportAsync(RankApp app, Func<ShadowAnswer, bool> wanted)
    {
        ShadowAnswer? shadow = null;
        await Eventually.TrueAsync(async () => (shadow = (await BundlesAsync(app)).Shadow) is not null && wanted(shadow), () => $"{shadow}");
        return shadow!;
    }
}
