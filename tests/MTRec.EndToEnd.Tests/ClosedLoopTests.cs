using System.Text;
using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Core.Features;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary><c>mtrec simulate --url</c>: simulated users act on real services.</summary>
public sealed class ClosedLoopTests : IDisposable
{
    private const int Users = 30;
    private const string Experiment = "--Experiments:Layers:fusion:Experiments:fusion";

    private static readonly string[] TwoVariants =
    [
        $"{Experiment}:Control=plain", $"{Experiment}:Variants:plain:Percentage=50", $"{Experiment}:Variants:plain:Blending:Weight=0",
        $"{Experiment}:Variants:mental:Percentage=50", $"{Experiment}:Variants:mental:Blending:Weight=1",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly Learning.Tests.SyntheticLog _log = Learning.Tests.SyntheticLog.Write();

    [Fact]
    public async Task Users_come_back_and_every_call_is_in_the_event_log()
    {
        var (ended, said) = (0, "");
        using (var service = await StartAsync("events", TwoVariants))
        {
            (ended, said) = await SimulateAsync("out", [service], "--days", "2", "--experiment", "fusion");
            await StopAsync(service);
        }

        Assert.True(ended == 0, said);
        var counts = Counts("out");
        var events = Events("events");
        var exposures = events.OfType<ExposureEvent>().ToArray();
        var feedback = events.OfType<FeedbackEvent>().ToArray();
        Assert.Equal((long)counts["rankAnswered"]!, exposures.Length);
        Assert.Equal((long)counts["rankCalls"]!, exposures.DistinctBy(exposure => exposure.RequestId).Count());
        Assert.Equal((long)counts["feedbackSent"]!, feedback.Length);
        Assert.Equal((long)counts["feedbackAccepted"]!, feedback.DistinctBy(entry => entry.EventId).Count());
        foreach (var variant in new[] { "mental", "plain" })
            Assert.Equal((long)counts["exposuresByVariant"]![variant]!, exposures.Count(exposure => exposure.Variants.Single().Variant == variant));

        // Everyone on both days, and each response to what was shown first.
        Assert.Equal(
            Enumerable.Range(0, Users).Select(user => $"sim-1-{user}").Order(StringComparer.Ordinal),
            exposures.Select(exposure => exposure.UserId).Distinct().Order(StringComparer.Ordinal));
        Assert.All(exposures.GroupBy(exposure => exposure.UserId), user => Assert.Equal(2, user.Select(exposure => Day(exposure.RequestId)).Distinct().Count()));
        var shown = exposures.ToDictionary(exposure => exposure.RequestId, exposure => (exposure.UserId, Item: exposure.ItemIds[exposure.Order[0]], exposure.Timestamp));
        Assert.All(feedback, entry => Assert.Equal(shown[entry.RequestId!], (entry.UserId, entry.ItemId, entry.Timestamp)));
        Assert.Contains(feedback, entry => entry.Actions.Contains("longView"));
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "out", "simulation.html")), StringComparison.Ordinal);
        Assert.Equal(4, Tables("out")[0]!["rows"]!.AsArray().Count);
    }

    [Fact]
    public async Task The_same_seed_meets_the_same_users_and_gives_the_same_figures_another_does_not()
    {
        foreach (var (place, seed) in new[] { "5", "5", "6" }.Index())
        {
            using var service = await StartAsync($"events{place}", TwoVariants);
            var (ended, said) = await SimulateAsync(
                $"out{place}", [service], "--days", "2", "--experiment", "fusion", "--run", "r", "--seed", seed, "--concurrency", $"{1 + (5 * place)}");
            await StopAsync(service);
            Assert.True(ended == 0, said);
        }

        Assert.Equal(Asked("events0"), Asked("events1"));
        Assert.Equal(Tables("out0").ToJsonString(), Tables("out1").ToJsonString());
        Assert.NotEqual(Tables("out0")[0]!.ToJsonString(), Tables("out2")[0]!.ToJsonString());

        string[] Asked(string folder) => [.. Events(folder).OfType<ExposureEvent>()
            .Select(exposure => $"{exposure.RequestId} {exposure.Timestamp:O} {string.Join(' ', exposure.ItemIds)} {string.Join(' ', exposure.Scores)}").Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task The_users_go_on_with_the_other_replica_when_one_is_killed()
    {
        using var stays = await StartAsync("stays");
        using var dies = await StartAsync("dies");
        using var mtrec = Programs.Mtrec(Arguments("out", [stays, dies], "--days", "6", "--day-seconds", "1"));
        while (!mtrec.Said.Contains("day 1:", StringComparison.Ordinal))
        {
            Assert.False(mtrec.HasEnded, mtrec.Said);
            await Task.Delay(20);
        }

        // Within the second day.
        await Task.Delay(1100);
        dies.Process.Signal("KILL");
        Assert.True(await mtrec.EndAsync() == 0, mtrec.Said);
        await StopAsync(stays);

        var counts = Counts("out");
        Assert.True((bool)counts["addUp"]!);
        Assert.True((long)counts["retries"]! > 0);
        Assert.Equal(0, (long)counts["rankFailed"]!);
        Assert.Equal((long)counts["feedbackSent"]!, (long)counts["feedbackAccepted"]! + (long)counts["feedbackDuplicates"]!);

        // What the killed one had not yet written is lost; nothing is there that was not sent, and what came to the other is there once.
        var kept = Events("stays");
        Assert.Equal(kept.OfType<FeedbackEvent>().Count(), kept.OfType<FeedbackEvent>().DistinctBy(entry => entry.EventId).Count());
        var logged = kept.Concat(Events("dies")).ToArray();
        var exposures = logged.OfType<ExposureEvent>().Select(exposure => exposure.RequestId).ToHashSet(StringComparer.Ordinal);
        Assert.InRange(exposures.Count, kept.OfType<ExposureEvent>().Count(), (long)counts["rankAnswered"]!);
        Assert.NotEmpty(Events("dies"));
        Assert.Contains(kept.OfType<ExposureEvent>(), exposure => Day(exposure.RequestId) == "5");
    }

    [Fact]
    public async Task Users_whose_true_reward_is_known_tell_the_service_clicks_and_long_views_alone()
    {
        using var service = await StartAsync("events");
        var (ended, said) = await Programs.MtrecAsync(
            "simulate", "--environment", "soft-user", "--url", $"{service.Http.BaseAddress}", "--users", $"{Users}", "--days", "2", "--candidates", "12", "--threads", "1",
            "--out", Path.Combine(_folder.Path, "out"));
        await StopAsync(service);

        Assert.True(ended == 0, said);
        var days = Tables("out")[0]!;
        Assert.Equal("true reward", (string)days["columns"]![1]!);
        Assert.Equal(2, days["rows"]!.AsArray().Count);

        // 20 steps a session, none of which was watched by the second; what is worth something is viewed for long, what looks well is clicked,
        // and either comes without the other.
        var events = Events("events");
        Assert.Equal(Users * 2 * 20, events.OfType<ExposureEvent>().Count());
        var feedback = events.OfType<FeedbackEvent>().ToArray();
        Assert.Equal(Users * 2 * 20, feedback.DistinctBy(entry => entry.EventId).Count());
        Assert.All(feedback, entry => Assert.Null(entry.WatchSeconds));
        Assert.All(feedback, entry => Assert.True(entry.Actions is [] or ["click"] or ["longView"] or ["click", "longView"]));
        Assert.Equal(4, feedback.Select(entry => string.Join(' ', entry.Actions)).Distinct().Count());
    }

    [Fact]
    public async Task An_address_where_nobody_serves_ends_it_at_once_with_the_reason()
    {
        var (ended, said) = await Programs.MtrecAsync("simulate", "--url", $"http://127.0.0.1:{FreePort.Find()}", "--data", _log.Folder);

        Assert.Equal(1, ended);
        Assert.Contains("No service is ready", said, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    private static string Day(string requestId) => requestId.Split('-')[^2];

    private static async Task StopAsync(RunningService service)
    {
        service.Process.Signal("TERM");
        await service.Process.EndAsync();
    }

    private async Task<RunningService> StartAsync(string events, params string[] settings)
    {
        // The synthetic log's tabs go by name, which the small bundle has none of.
        var registry = Path.Combine(_folder.Path, "registry");
        if (!Directory.Exists(registry))
            TestBundles.Publish(registry, change: manifest => manifest with { Features = [.. manifest.Features.Where(feature => feature.Kind == FeatureKind.Item || feature.Name != "tab")] });
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        return await RunningService.StartedAsync(
            Programs.Serve(["--urls", address, "--Registry:Path", registry, "--EventLog:Folder", Path.Combine(_folder.Path, events), .. settings]), new Uri(address));
    }

    private Task<(int ExitCode, string Said)> SimulateAsync(string output, RunningService[] services, params string[] arguments) =>
        Programs.MtrecAsync(Arguments(output, services, arguments));

    private string[] Arguments(string output, RunningService[] services, params string[] arguments) =>
    [
        "simulate", .. services.SelectMany(service => new[] { "--url", $"{service.Http.BaseAddress}" }), "--data", _log.Folder, "--users", $"{Users}",
        "--candidates", "8", "--threads", "1", "--out", Path.Combine(_folder.Path, output), .. arguments,
    ];

    private JsonNode Counts(string output) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.Path, output, "counts.json")))!;

    private JsonNode Tables(string output) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.Path, output, "simulation.json")))!["tables"]!;

    private LoggedEvent[] Events(string folder) => [.. Directory.GetFiles(Path.Combine(_folder.Path, folder)).SelectMany(File.ReadLines).Select(line =>
        EventLine.Read(Encoding.UTF8.GetBytes(line), out var entry) == EventLineState.Whole ? entry! : throw new InvalidDataException(line))];
}
