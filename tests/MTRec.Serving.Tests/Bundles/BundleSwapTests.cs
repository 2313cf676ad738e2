using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Bundles;
using MTRec.Serving.Bundles;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

public sealed class BundleSwapTests
{
    private const string QuickPoll = "--Registry:PollInterval=00:00:00.2";
    private const string NoFollowing = "--Registry:FollowNewest=false";

    [Fact]
    public async Task A_newer_bundle_goes_into_service_and_an_older_one_does_not()
    {
        await using var app = await StartAsync(2);

        Registries.Publish(app.Registry, 1);
        Registries.Publish(app.Registry, 4);
        await ServesAsync(app, 4);
        Registries.Publish(app.Registry, 3);
        await StateAsync(app, 3, "available");

        var bundles = await BundlesAsync(app);
        Assert.Equal("4", bundles.Active!.Version);
        Assert.Equal("2", bundles.Previous);
        Assert.True(bundles.Following);
        Assert.Equal(
            [("4", "active"), ("3", "available"), ("2", "loaded"), ("1", "available")], bundles.Bundles.Select(bundle => (bundle.Version, bundle.State)));
        Assert.Equal(["previous"], Of(bundles, 2).Roles);
    }

    [Theory]
    [InlineData(NoFollowing)]
    [InlineData("--Registry:Version=1")]
    public async Task Where_following_is_off_a_bundle_goes_into_service_by_request_alone(string setting)
    {
        await using var app = await StartAsync(1, setting);

        Registries.Publish(app.Registry, 2);
        await StateAsync(app, 2, "available");
        var before = await BundlesAsync(app);
        Assert.Equal(("1", false), (before.Active!.Version, before.Following));

        Assert.Equal("2", (await ActivateAsync(app, 2)).Active!.Version);
        await AnswersAsync(app, 2);
        Assert.Equal("2", (await ActivateAsync(app, 2)).Active!.Version);
        Assert.Equal("1", (await BundlesAsync(app)).Previous);
    }

    [Theory]
    [InlineData("corrupt", "policy.onnx: its SHA-256")]
    [InlineData("truncated", "policy.onnx: ")]
    [InlineData("wrongShape", "policy.onnx: its outputs are")]
    [InlineData("notANumber", "policy.onnx: 'action' holds values that are not finite")]
    [InlineData("empty", "manifest.json: ")]
    public async Task A_faulty_bundle_leaves_the_old_one_in_service_until_it_is_mended(string fault, string reason)
    {
        await using var app = await StartAsync(1);
        var folder = Registries.PublishFaulty(app.Registry, 2, fault);
        await StateAsync(app, 2, "refused");

        var refused = Of(await BundlesAsync(app), 2);
        Assert.Contains(refused.Reasons, said => said.StartsWith(reason, StringComparison.Ordinal));
        await AnswersAsync(app, 1);
        using (var answer = await app.SendAsync(HttpMethod.Post, "/v1/bundles/2/activate"))
        {
            var problem = await RankRefusalTests.ProblemOf(answer, 409);
            Assert.Contains(problem["errors"]!["version"]!.AsArray(), said => ((string)said!).StartsWith(reason, StringComparison.Ordinal));
        }

        await AnswersAsync(app, 1);
        Directory.Delete(folder, recursive: true);
        Registries.Publish(app.Registry, 2);
        await ServesAsync(app, 2);
    }

    /// <summary>Publishers that neither write elsewhere nor rename, at any pace and in any order.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bundle_copied_file_by_file_serves_when_it_is_whole(bool manifestFirst)
    {
        await using var app = await StartAsync(1, QuickPoll);
        using var elsewhere = new TemporaryFolder();
        var files = Directory.GetFiles(Registries.Publish(elsewhere.Path, 2)).OrderBy(file => Path.GetFileName(file) == BundleLayout.Manifest != manifestFirst).ToArray();
        var folder = Directory.CreateDirectory(Path.Combine(app.Registry, "default", "2")).FullName;

        foreach (var file in files)
        {
            // In two halves, each of which the watch has time to see.
            await AnswersAsync(app, 1);
            await using var copy = File.Create(Path.Combine(folder, Path.GetFileName(file)));
            var bytes = await File.ReadAllBytesAsync(file);
            await copy.WriteAsync(bytes.AsMemory(..(bytes.Length / 2)));
            await copy.FlushAsync();
            await Task.Delay(400);
            await AnswersAsync(app, 1);
            await copy.WriteAsync(bytes.AsMemory((bytes.Length / 2)..));
        }

        await ServesAsync(app, 2);
    }

    [Fact]
    public async Task What_has_a_publishers_unfinished_name_is_passed_over_until_it_is_renamed()
    {
        await using var app = await StartAsync(1, QuickPoll);
        using var elsewhere = new TemporaryFolder();
        var unfinished = Path.Combine(app.Registry, "default", ".2.partial");
        Directory.Move(Registries.Publish(elsewhere.Path, 2), unfinished);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(["1"], (await BundlesAsync(app)).Bundles.Select(bundle => bundle.Version));

        Directory.Move(unfinished, Path.Combine(app.Registry, "default", "2"));

        await ServesAsync(app, 2);
    }

    [Fact]
    public async Task A_refused_bundle_is_tried_once_until_it_changes()
    {
        await using var app = await StartAsync(1, QuickPoll);
        var refusals = 0L;
        using var listener = new MeterListener();
        var factory = app.Services.GetRequiredService<IMeterFactory>();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "mtrec.bundle.refusals" && instrument.Meter.Scope == factory)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref refusals, count));
        listener.Start();

        var folder = Registries.PublishFaulty(app.Registry, 2, "corrupt");
        await StateAsync(app, 2, "refused");
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(1, Interlocked.Read(ref refusals));

        File.SetLastWriteTimeUtc(Path.Combine(folder, BundleLayout.Policy), DateTime.UtcNow.AddMinutes(1));
        await Eventually.TrueAsync(() => Interlocked.Read(ref refusals) == 2, () => $"{refusals} refusals");
    }

    [Fact]
    public async Task What_a_rollback_has_left_is_held_back_until_something_newer_comes_or_a_request_activates_it()
    {
        await using var app = await StartAsync(1, QuickPoll);
        Registries.Publish(app.Registry, 2);
        await ServesAsync(app, 2);

        Assert.Equal("1", (await RollBackAsync(app)).Active!.Version);
        await AnswersAsync(app, 1);
        await Task.Delay(TimeSpan.FromSeconds(1));
        await AnswersAsync(app, 1);
        var bundles = await BundlesAsync(app);
        Assert.True(Of(bundles, 2).HeldBack);
        Assert.Null(bundles.Previous);

        Registries.Publish(app.Registry, 3);
        await ServesAsync(app, 3);
        Assert.Equal("1", (await RollBackAsync(app)).Active!.Version);
        Assert.Equal("2", (await ActivateAsync(app, 2)).Active!.Version);
        await AnswersAsync(app, 2);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.True(Of(await BundlesAsync(app), 3).HeldBack);
        await AnswersAsync(app, 2);
    }

    [Fact]
    public async Task Rollbacks_go_back_step_by_step_and_then_no_further()
    {
        await using var app = await StartAsync(1);
        foreach (var version in new[] { 2, 3 })
        {
            Registries.Publish(app.Registry, version);
            await ServesAsync(app, version);
        }

        Assert.Equal("2", (await RollBackAsync(app)).Active!.Version);
        Assert.Equal("1", (await RollBackAsync(app)).Active!.Version);
        await AnswersAsync(app, 1);
        using var none = await app.SendAsync(HttpMethod.Post, "/v1/bundles/rollback");
        await RankRefusalTests.ProblemOf(none, 409);
        await AnswersAsync(app, 1);
    }

    [Theory]
    [InlineData("/v1/bundles/9/activate")]
    [InlineData("/v1/bundles/..%2Fdefault%2F1/activate")]
    [InlineData("/v1/bundles/.1.partial/activate")]
    public async Task An_unknown_version_cannot_be_activated(string path)
    {
        await using var app = await StartAsync(1);

        using var answer = await app.SendAsync(HttpMethod.Post, path);

        await RankRefusalTests.ProblemOf(answer, 404);
    }

    [Fact]
    public async Task Bundles_that_leave_the_registry_serve_on_and_can_be_rolled_back_to()
    {
        await using var app = await StartAsync(1, QuickPoll);
        Registries.Publish(app.Registry, 2);
        await ServesAsync(app, 2);

        Directory.Delete(app.Registry, recursive: true);
        await Eventually.TrueAsync(
            async () => (await BundlesAsync(app)).Bundles.Count(bundle => bundle.Reasons is ["It is no longer in the registry."]) == 2,
            () => DescribeAsync(app));
        await AnswersAsync(app, 2);
        Assert.Equal("1", (await RollBackAsync(app)).Active!.Version);
        await AnswersAsync(app, 1);

        // The watch of a folder that is gone tells of nothing: the poll finds what comes in its place.
        Registries.Publish(app.Registry, 3);
        await ServesAsync(app, 3);
    }

    [Fact]
    public async Task What_the_file_system_does_not_tell_of_is_polled()
    {
        using var elsewhere = new TemporaryFolder();
        await using var app = await StartAsync(1, QuickPoll);
        var target = Registries.PublishFaulty(elsewhere.Path, 2, "empty");
        Directory.CreateSymbolicLink(Path.Combine(app.Registry, "default", "2"), target);
        await StateAsync(app, 2, "refused");

        // Behind the link, where no watch sees it.
        Directory.Delete(target);
        Registries.Publish(elsewhere.Path, 2);

        await ServesAsync(app, 2);
    }

    [Fact]
    public async Task A_version_replaced_in_the_registry_is_loaded_anew_by_request_alone()
    {
        await using var app = await StartAsync(1, QuickPoll);
        Directory.Delete(Path.Combine(app.Registry, "default", "1"), recursive: true);
        TestBundles.Publish(app.Registry, weights: [5, 2, 3], created: new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero));
        await Task.Delay(TimeSpan.FromSeconds(1));
        await AnswersAsync(app, 1);

        await ActivateAsync(app, 1);
        Assert.Equal((5 * Requests.Score(0, 0)) + (2 * Requests.Score(0, 1)) + (3 * Requests.Score(0, 2)), await FusionScoreAsync(app), 1e-4);
        await RollBackAsync(app);
        await AnswersAsync(app, 1);
    }

    [Fact]
    public async Task Wanted_versions_are_loaded_beside_the_active_one_and_let_go()
    {
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                foreach (var version in new[] { 1, 2, 3 })
                    Registries.Publish(registry, version);
            },
            null);
        var host = app.Services.GetRequiredService<BundleHost>();
        var wanted = app.Services.GetRequiredService<WantedBundles>();

        wanted.Set(["1", "9"]);
        await StateAsync(app, 1, "loaded");
        var variant = host.Snapshot.Find("1")!;
        using (var hold = host.Hold("1"))
            Assert.Equal((variant, false), (hold.Served, hold.FellBack));
        using (var absent = host.Hold("9"))
            Assert.Equal(("3", true), (absent.Served.Version, absent.FellBack));
        var bundles = await BundlesAsync(app);
        Assert.Equal(["variant"], Of(bundles, 1).Roles);
        Assert.Equal("missing", Of(bundles, 9).State);

        wanted.Set(["2"]);
        await StateAsync(app, 2, "loaded");
        await StateAsync(app, 1, "available");
        Assert.Null(variant.Bundle.TryLease());

        // The active one may be a variant too, and outlives its activity as one.
        wanted.Set(["2", "3"]);
        await Eventually.TrueAsync(async () => Of(await BundlesAsync(app), 3).Roles is ["active", "variant"], () => DescribeAsync(app));
        await ActivateAsync(app, 1);
        await ActivateAsync(app, 2);
        await AnswersAsync(app, 2);
        using (var hold = host.Hold("3"))
            Assert.False(hold.FellBack);
    }

    private static Task<RankApp> StartAsync(int version, params string[] settings) =>
        RankApp.StartAsync(registry => Registries.Publish(registry, version), null, settings);

    private static Task<BundlesAnswer> BundlesAsync(RankApp app) => app.GetAsync<BundlesAnswer>("/v1/bundles");

    private static Task<BundlesAnswer> ActivateAsync(RankApp app, int version) => app.PostAsync<BundlesAnswer>($"/v1/bundles/{version}/activate");

    private static Task<BundlesAnswer> RollBackAsync(RankApp app) => app.PostAsync<BundlesAnswer>("/v1/bundles/rollback");

    private static RegistryBundle Of(BundlesAnswer bundles, int version) => bundles.Bundles.Single(bundle => bundle.Version == $"{version}");

    private static async Task<double> FusionScoreAsync(RankApp app) =>
        (await app.RankAsync(Requests.Rows())).Items.Single(item => item.ItemId == TestBundles.ItemId(0)).FusionScore;

    private static async Task AnswersAsync(RankApp app, int version)
    {
        var answer = await app.RankAsync(Requests.Rows());
        Assert.Equal($"{version}", answer.Bundle.Version);
        Assert.Equal(Registries.FusionScore(version, 0), answer.Items.Single(item => item.ItemId == TestBundles.ItemId(0)).FusionScore, 1e-4);
    }

    private static async Task ServesAsync(RankApp app, int version)
    {
        await Eventually.TrueAsync(
            async () => (await app.RankAsync(Requests.Rows())).Bundle.Version == $"{version}", () => DescribeAsync(app));
        await AnswersAsync(app, version);
    }

    private static Task StateAsync(RankApp app, int version, string state) => Eventually.TrueAsync(
        async () => (await BundlesAsync(app)).Bundles.SingleOrDefault(bundle => bundle.Version == $"{version}")?.State == state, () => DescribeAsync(app));

    private static async Task<string> DescribeAsync(RankApp app)
    {
        using var answer = await app.SendAsync(HttpMethod.Get, "/v1/bundles");
        return await answer.Content.ReadAsStringAsync();
    }
}
