using System.Text.Json.Nodes;
using MTRec.Serving.OpenApi;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Bundles;

/// <summary>Replicas over one registry: what a request asks of one of them holds for all, and for those that start later.</summary>
public sealed class SharedRegistryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Choice => Path.Combine(_folder.Path, "default", "active.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_one_replica_is_asked_all_do_and_a_later_one_starts_with()
    {
        Publish(1, 2, 3);
        await using var first = await StartAsync();
        await using var second = await StartAsync();
        Assert.Equal(["3", "3"], [await ServedAsync(first), await ServedAsync(second)]);

        await first.PostAsync<BundlesAnswer>("/v1/bundles/1/activate");
        await ServeAsync("1", first, second);
        await second.PostAsync<BundlesAnswer>("/v1/bundles/2/activate");
        await ServeAsync("2", first, second);

        // Both have the same way back, however they got here.
        await first.PostAsync<BundlesAnswer>("/v1/bundles/rollback");
        await ServeAsync("1", first, second);
        Assert.Equal("3", (await second.PostAsync<BundlesAnswer>("/v1/bundles/rollback")).Active!.Version);
        await ServeAsync("3", first, second);
        await second.PostAsync<BundlesAnswer>("/v1/bundles/2/activate");
        await ServeAsync("2", first, second);

        await using var later = await StartAsync();
        Assert.Equal("2", await ServedAsync(later));
        Assert.Equal("3", (await later.GetAsync<BundlesAnswer>("/v1/bundles")).Previous);
        Assert.True((await later.GetAsync<BundlesAnswer>("/v1/bundles")).Bundles.Single(bundle => bundle.Version == "3").HeldBack);

        // Something newer is followed by all, and by who starts after it.
        Publish(4);
        await ServeAsync("4", first, second, later);
        await using var last = await StartAsync();
        Assert.Equal("4", await ServedAsync(last));
        Assert.Equal("2", (await last.PostAsync<BundlesAnswer>("/v1/bundles/rollback")).Active!.Version);
        await ServeAsync("2", first, second, later, last);
    }

    [Fact]
    public async Task Requests_that_race_leave_all_replicas_with_one_bundle()
    {
        Publish(1, 2, 3, 4);
        await using var first = await StartAsync();
        await using var second = await StartAsync();

        await Task.WhenAll(new[] { first, second }.Select(async (app, replica) =>
        {
            var random = new Random(replica);
            for (var i = 0; i < 25; i++)
                await app.PostAsync<BundlesAnswer>($"/v1/bundles/{random.Next(1, 5)}/activate");
        }));

        var chosen = (string)JsonNode.Parse(await File.ReadAllTextAsync(Choice))!["version"]!;
        await ServeAsync(chosen, first, second);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Choice)!, ".active*"));
    }

    [Fact]
    public async Task A_choice_that_a_replica_cannot_serve_is_said_and_done_when_it_can()
    {
        Publish(1, 2);
        await using var app = await StartAsync();
        await WriteAsync("9");

        await FaultAsync(app, fault => fault?.Contains("default/9", StringComparison.Ordinal) == true);
        Assert.Equal("2", await ServedAsync(app));

        // The folder and the files of another machine may come after the choice. It is older than what is held back.
        Registries.Publish(_folder.Path, 9, day: 1);
        await ServeAsync("9", app);
        await FaultAsync(app, fault => fault is null);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"version\":null}")]
    [InlineData("[1]")]
    public async Task A_choice_that_is_none_changes_nothing_and_is_said(string text)
    {
        Publish(1, 2);
        await File.WriteAllTextAsync(Choice, text);
        await using var app = await StartAsync();

        await FaultAsync(app, fault => fault?.Contains("active.json", StringComparison.Ordinal) == true);
        Assert.Equal("2", await ServedAsync(app));
        await app.PostAsync<BundlesAnswer>("/v1/bundles/1/activate");
        await FaultAsync(app, fault => fault is null);
        Assert.Equal("1", await ServedAsync(app));
    }

    [Fact]
    public async Task At_the_start_a_choice_that_cannot_serve_gives_way_to_the_newest_that_can()
    {
        Publish(1, 2);
        Registries.PublishFaulty(_folder.Path, 3, "corrupt");
        await WriteAsync("3");

        await using var app = await StartAsync();

        Assert.Equal("2", await ServedAsync(app));
        await FaultAsync(app, fault => fault?.Contains("default/3", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Where_the_choice_cannot_be_written_the_answer_says_that_it_holds_for_one_replica()
    {
        // A folder in the file's place cannot be replaced by a file, whoever asks.
        Publish(1, 2);
        await using var app = await StartAsync();
        Directory.CreateDirectory(Choice);

        var answer = await app.PostAsync<BundlesAnswer>("/v1/bundles/1/activate");

        Assert.Equal("1", answer.Active!.Version);
        Assert.StartsWith("The change holds for this replica alone", answer.Fault, StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.StartsWith("The change holds for this replica alone", (await app.GetAsync<BundlesAnswer>("/v1/bundles")).Fault, StringComparison.Ordinal);
        Assert.Equal("1", await ServedAsync(app));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(Choice)!, ".active*"));
    }

    [Fact]
    public async Task A_version_of_the_configuration_neither_takes_part_nor_is_moved()
    {
        Publish(1, 2, 3);
        await using var pinned = await StartAsync("--Registry:Version=1");
        await using var other = await StartAsync();

        await other.PostAsync<BundlesAnswer>("/v1/bundles/2/activate");
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal("1", await ServedAsync(pinned));

        await pinned.PostAsync<BundlesAnswer>("/v1/bundles/3/activate");
        await Task.Delay(TimeSpan.FromSeconds(1));
        Assert.Equal(["3", "2"], [await ServedAsync(pinned), await ServedAsync(other)]);
    }

    [Fact]
    public async Task Of_many_versions_the_newest_are_verified_and_any_can_be_activated()
    {
        Publish([.. Enumerable.Range(1, 40)]);
        await using var app = await StartAsync();

        await Eventually.TrueAsync(async () => (await StatesAsync()).Count(state => state == "available") == 19, async () => string.Join(' ', await StatesAsync()));
        Assert.Equal(20, (await StatesAsync()).Count(state => state == "unchecked"));
        await app.PostAsync<BundlesAnswer>("/v1/bundles/1/activate");
        Assert.Equal("1", await ServedAsync(app));

        async Task<string[]> StatesAsync() => [.. (await app.GetAsync<BundlesAnswer>("/v1/bundles")).Bundles.Select(bundle => bundle.State)];
    }

    private void Publish(params ReadOnlySpan<int> versions)
    {
        foreach (var version in versions)
            Registries.Publish(_folder.Path, version);
    }

    private Task<RankApp> StartAsync(params string[] settings) =>
        RankApp.StartAsync(_ => { }, null, [$"--Registry:Path={_folder.Path}", "--Registry:PollInterval=00:00:00.2", .. settings]);

    private async Task WriteAsync(string version)
    {
        var choice = new JsonObject
        {
            ["version"] = version,
            ["previous"] = new JsonArray(),
            ["heldBack"] = new JsonObject { ["created"] = "2026-03-01T00:00:00Z", ["version"] = "2" },
            ["at"] = "2026-03-02T00:00:00Z",
        };
        await File.WriteAllTextAsync(Choice + ".new", choice.ToJsonString());
        File.Move(Choice + ".new", Choice);
    }

    private static async Task<string> ServedAsync(RankApp app) => (await app.RankAsync(Requests.Rows())).Bundle.Version;

    private static async Task ServeAsync(string version, params RankApp[] apps)
    {
        foreach (var app in apps)
            await Eventually.TrueAsync(async () => await ServedAsync(app) == version, async () => $"{version} expected, {await app.GetAsync<BundlesAnswer>("/v1/bundles")}");
    }

    private static Task FaultAsync(RankApp app, Func<string?, bool> expected) => Eventually.TrueAsync(
        async () => expected((await app.GetAsync<BundlesAnswer>("/v1/bundles")).Fault), async () => $"{(await app.GetAsync<BundlesAnswer>("/v1/bundles")).Fault}");
}
