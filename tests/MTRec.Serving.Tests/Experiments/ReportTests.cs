using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Serving.Experiments.Reports;
using MTRec.Serving.OpenApi;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Experiments;

public sealed class ReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 30, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Variants_are_compared_over_the_files_of_all_replicas_and_earlier_runs()
    {
        await using var app = await RankApp.StartAsync(
            registry =>
            {
                TestBundles.Publish(registry);
                WriteLog(Path.Combine(Path.GetDirectoryName(registry)!, "events"));
            },
            null,
            Configured.Arguments(Experiment()));

        var report = await app.GetAsync<ReportAnswer>("/v1/experiments/split/report");

        Assert.True(report.Source.Complete);
        Assert.Equal((2, 0, 1), (report.Source.Sources, report.Source.Damaged, report.Source.SampledShare));
        Assert.Equal(1, report.MovedUsers);
        Assert.Equal("control", report.Control);
        var (control, treated) = (report.Variants[0], report.Variants[1]);
        Assert.Equal((200, 201L), (control.Users, control.Exposures));
        Assert.Equal((200, 202L), (treated.Users, treated.Exposures));
        Assert.False(report.SampleRatio!.Alarm);
        Assert.All(control.Metrics, metric => Assert.Null(metric.Difference));

        // Before: i % 5 seconds; after: that + 1, and 2 more for the treated. The covariate explains all but the noise of i % 2.
        var watch = treated.Metrics.Single(metric => metric.Name == "watchSeconds");
        Assert.Equal(2, watch.Difference!.Value, 1e-6);
        Assert.InRange(watch.Difference.PValue, 0, 1e-6);
        Assert.Equal(2, watch.Adjusted!.Difference.Value, 0.05);
        Assert.InRange(watch.Adjusted.VarianceReduction, 0.8, 1);
        Assert.InRange(watch.Adjusted.Difference.High - watch.Adjusted.Difference.Low, 0, 0.5 * (watch.Difference.High - watch.Difference.Low));
        Assert.Equal(1, treated.Metrics.Single(metric => metric.Name == "clicks").PerUser, 1e-9);
        Assert.Null(treated.Metrics.Single(metric => metric.Name == "clicks").Difference);
    }

    [Fact]
    public async Task What_the_service_logs_is_in_the_next_report()
    {
        await using var app = await RankApp.StartAsync(Configured.Arguments(Experiment()));
        using var absent = await app.SendAsync(HttpMethod.Get, "/v1/experiments/absent/report");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        Assert.Null((await app.GetAsync<ReportAnswer>("/v1/experiments/split/report")).SampleRatio);

        for (var i = 0; i < 30; i++)
        {
            await app.RankAsync(Requests.Rows(2, Requests.Invariant($"u-{i}")));
            await app.FeedbackAsync(Requests.Event(Requests.Invariant($"e-{i}"), Requests.Invariant($"u-{i}"), "v-1", 3, "click", "longView"));
        }

        await app.RankAsync(Requests.Rows(2, "named"));
        ReportAnswer report;
        do
            report = await app.GetAsync<ReportAnswer>("/v1/experiments/split/report");
        while (report.Source.Events < 61);

        Assert.Equal(30, report.Variants.Sum(variant => variant.Users));
        Assert.Equal(30, report.Variants.Sum(variant => variant.Exposures));
        Assert.Equal(90, report.Variants.Sum(variant => variant.Users * variant.Metrics.Single(metric => metric.Name == "watchSeconds").PerUser), 1e-6);
        Assert.All(report.Variants, variant => Assert.Equal(1, variant.Metrics.Single(metric => metric.Name == "longViews").PerUser, 1e-9));
    }

    [Fact]
    public void Memory_holds_a_uniform_sample_whose_users_are_whole()
    {
        var ledger = new ExperimentLedger(1000);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 8000; i++)
                ledger.Add(Exposure(Start.AddMinutes(round), $"u-{i}", i % 2 == 0 ? "control" : "treated"));
        }

        var users = ledger.UsersOf("split").ToArray();

        Assert.InRange(users.Length, 400, 1000);
        Assert.Equal(8000 * ledger.SampledShare, users.Length, 150.0);
        Assert.All(users, user => Assert.Equal(3, user.After.Requests));
        Assert.Equal(12_000, ledger.Exposures("split", "control"));
        Assert.InRange(users.Count(user => user.Variant == "control") / (double)users.Length, .44, .56);
    }

    [Fact]
    public void Feedback_that_is_logged_twice_counts_once()
    {
        var ledger = new ExperimentLedger(1000);
        ledger.Add(Exposure(Start, "u", "control"));
        ledger.Add(Feedback(Start, "e-1", "u", 3));
        ledger.Add(Feedback(Start, "e-1", "u", 3));

        Assert.Equal(3, ledger.UsersOf("split").Single().After.WatchSeconds);
    }

    [Fact]
    public async Task Reading_stops_in_time_goes_on_where_it_stopped_and_leaves_a_torn_line()
    {
        using var folder = new TemporaryFolder();
        WriteLog(folder.Path);
        var torn = Path.Combine(folder.Path, "events-20260130-0001.jsonl");
        File.AppendAllText(torn, "no event\n{\"type\":\"feed");
        var tail = new EventFileTail(folder.Path);
        var events = new List<LoggedEvent>();
        var calls = 0;
        while (await tail.ReadAsync(events.Add, () => events.Count % 100 != 0, default) > "{\"type\":\"feed".Length)
            calls++;

        Assert.InRange(calls, 5, 100);
        Assert.Equal(1, tail.Damaged);
        var expected = Directory.GetFiles(folder.Path).Sum(file => File.ReadAllLines(file).Length) - 2;
        Assert.Equal(expected, events.Count);
        Assert.Equal(expected, events.Distinct().Count());
        Assert.Equal(events.Select(one => one.Received).Order(), events.Select(one => one.Received));

        File.AppendAllText(torn, "back\"}\n");
        await tail.ReadAsync(events.Add, () => true, default);
        Assert.Equal(2, tail.Damaged);
    }

    [Fact]
    public async Task A_line_whose_checksum_does_not_fit_is_no_event_nor_is_one_that_has_lost_it()
    {
        using var folder = new TemporaryFolder();
        var lines = new ArrayBufferWriter<byte>();
        for (var i = 0; i < 4; i++)
            EventLine.Write(lines, JsonSerializer.SerializeToUtf8Bytes<LoggedEvent>(Feedback(Start.AddSeconds(i), $"e-{i}", "u", 3), LoggedEventJson.Default.LoggedEvent));
        var text = Encoding.UTF8.GetString(lines.WrittenSpan).Split('\n');
        text[1] = text[1].Replace("\"watchSeconds\":3", "\"watchSeconds\":9", StringComparison.Ordinal);
        text[2] = text[2][..text[2].IndexOf(",\"crc\"", StringComparison.Ordinal)] + "}";
        File.WriteAllText(Path.Combine(folder.Path, "events-20260130-0001.jsonl"), string.Join('\n', text));
        var tail = new EventFileTail(folder.Path);
        var events = new List<LoggedEvent>();

        // In two calls: what the first one learned of the file holds in the second.
        Assert.True(await tail.ReadAsync(events.Add, () => false, default) > 0);
        Assert.Equal(0, await tail.ReadAsync(events.Add, () => true, default));

        Assert.Equal(["e-0", "e-3"], events.Cast<FeedbackEvent>().Select(one => one.EventId));
        Assert.Equal(2, tail.Damaged);
    }

    [RedisFact]
    public async Task From_streams_a_report_covers_all_replicas_and_says_what_was_dropped_before_it_was_read()
    {
        await using var server = await RedisServer.StartAsync();
        await server.CommandAsync("eval", "for i = 1, 7 do redis.call('XADD', KEYS[1], i .. '-1', 'id', 'old', 'event', '{}') end redis.call('XTRIM', KEYS[1], 'MAXLEN', '2')", "1", "t:events:{3}");
        string[] settings =
        [
            "--EventLog:Sink=redisStreams", "--EventLog:StreamAge=00:00:00", $"--Redis:Configuration={server.Address}", "--Redis:KeyPrefix=t", "--EventLog:StreamBudget=00:00:20",
            .. Configured.Arguments(Experiment()),
        ];
        await using var one = await RankApp.StartAsync(settings);
        await using var other = await RankApp.StartAsync(settings);
        for (var i = 0; i < 300; i++)
        {
            await one.RankAsync(Requests.Rows(2, Requests.Invariant($"u-{i}")));
            await other.FeedbackAsync(Requests.Event(Requests.Invariant($"e-{i}"), Requests.Invariant($"u-{i}"), "v-1", 3, "click"));
        }

        ReportAnswer report = null!;
        await Eventually.TrueAsync(
            async () => (report = await other.GetAsync<ReportAnswer>("/v1/experiments/split/report")).Source.Events >= 600,
            () => report.ToString(),
            TimeSpan.FromMilliseconds(50));

        Assert.Equal((16, 600, 2, 5, 0, true), (report.Source.Sources, report.Source.Events, report.Source.Damaged, report.Source.Missed, report.Source.Unread, report.Source.Complete));
        Assert.Equal(300, report.Variants.Sum(variant => variant.Users));
        Assert.Equal(300, report.Variants.Sum(variant => variant.Exposures));
        Assert.InRange(report.Variants.Sum(variant => variant.Users * variant.Metrics.Single(metric => metric.Name == "watchSeconds").PerUser), 1, 900);

        await server.KillAsync();
        using var refused = await one.SendAsync(HttpMethod.Get, "/v1/experiments/split/report");
        await RankRefusalTests.ProblemOf(refused, 503);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    private static JsonObject Experiment() => JsonNode.Parse("""
        { "Layers": { "l": { "Experiments": { "split": { "Variants": {
          "control": { "Percentage": 50 }, "treated": { "Percentage": 50, "Users": [ "named" ], "Blending": { "Weight": 0 } } } } } } } }
        """)!.AsObject();

    // Two replicas, each with every other minute; a user's events are spread over both.
    private static void WriteLog(string folder)
    {
        var events = new List<LoggedEvent>();
        for (var i = 0; i < 400; i++)
        {
            var (user, treated) = ($"u-{i}", i % 2 == 1);
            events.Add(Feedback(Start.AddSeconds(i), $"before-{i}", user, i / 2 % 5));
            events.Add(Exposure(Start.AddHours(1).AddSeconds(i), user, treated ? "treated" : "control"));
            events.Add(Feedback(Start.AddHours(2).AddSeconds(i), $"after-{i}", user, (i / 2 % 5) + (i / 4 % 2) + (treated ? 2 : 0)));
        }

        events.Add(Exposure(Start.AddHours(3), "moved", "control"));
        events.Add(Exposure(Start.AddHours(3.1), "moved", "treated"));
        events.Add(Exposure(Start.AddHours(3.2), "moved", "treated"));
        events.Add(Exposure(Start.AddHours(3.3), "named", "treated", "override"));
        Directory.CreateDirectory(folder);
        foreach (var file in events.OrderBy(one => one.Received).GroupBy(one => one.Received.Second % 2))
        {
            File.WriteAllLines(
                Path.Combine(folder, $"events-20260130-{(file.Key + 1):D4}.jsonl"), file.Select(one => JsonSerializer.Serialize(one, LoggedEventJson.Default.LoggedEvent)));
        }
    }

    private static ExposureEvent Exposure(DateTimeOffset moment, string user, string variant, string? because = null) => new()
    {
        Received = moment,
        UserId = user,
        RequestId = $"{user}-{moment.Ticks}",
        Timestamp = moment,
        Bundle = "default/1",
        Context = [],
        User = [],
        ItemIds = ["v-1"],
        Scores = [0.5f],
        Order = [0],
        FinalScores = [0.5],
        Variants = [new ExposureVariant("split", variant, because)],
        Degraded = [],
    };

    private static FeedbackEvent Feedback(DateTimeOffset moment, string eventId, string user, float watched) => new()
    {
        Received = moment,
        UserId = user,
        EventId = eventId,
        ItemId = "v-1",
        Timestamp = moment,
        Actions = ["click"],
        WatchSeconds = watched,
    };
}
