using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Trainer.Replay;
using MTRec.Trainer.Scoring;
using Xunit;

namespace MTRec.Trainer.Tests.Replay;

public sealed class ReplayRunTests
{
    private const UserActions Told = UserActions.Click | UserActions.LongView;

    private static readonly FeatureSchema Schema = new(
        [new FeatureDefinition("hour", FeatureKind.Context, FeatureType.Categorical, 12, 0, 23)], new HistoryLayout(1, []));

    private static readonly Impression[] Log =
    [
        .. Enumerable.Range(1, 60).Select(row => new Impression
        {
            Row = row,
            UserId = $"u{row % 6}",
            ItemId = $"v{row % 20}",
            TimestampMs = 1_651_753_407_000 + row,
            Hour = 20,
            Actions = row % 3 == 0 ? Told : UserActions.None,
            Recorded = Told,
            WatchSeconds = row,
        }),
    ];

    [Fact]
    public async Task Ranks_and_scores_are_those_of_the_answers_in_all_three_orders()
    {
        using var service = new FakeService();
        var run = await RunAsync(service, connections: 3);

        Assert.Equal(60, run.Steps);
        Assert.Empty(run.Failures);
        Assert.Equal(60, run.Observations.Count);
        foreach (var (user, seen) in run.Observations.GroupBy(step => step.UserId).Select(user => (user.Key, user.ToArray())))
        {
            var rows = Log.Where(row => row.UserId == user).ToArray();
            Assert.Equal(rows.Length, seen.Length);
            for (var i = 0; i < rows.Length; i++)
            {
                var number = int.Parse(rows[i].ItemId[1..], System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(rows[i].Actions == Told, seen[i].LongView);
                Assert.Equal(number, seen[i].Blended.Score);
                Assert.Equal(-number, seen[i].Fused.Score);
                Assert.Equal(number % 5 / 10.0, seen[i].Upstream!.Value.Score, 1e-9);

                // The blended order is by rising number, the fused one by falling: of 8 candidates the ranks add up to 9.
                Assert.Equal(9, seen[i].Blended.Rank + seen[i].Fused.Rank);
            }
        }
    }

    [Fact]
    public async Task A_users_feedback_is_sent_before_the_next_request_and_tells_of_the_response()
    {
        using var service = new FakeService();
        await RunAsync(service, connections: 4);

        foreach (var calls in service.Calls.GroupBy(call => call.User))
        {
            var rows = Log.Where(row => $"test-{row.UserId}" == calls.Key).ToArray();
            Assert.Equal(rows.SelectMany(row => new[] { "rank", $"feedback {row.ItemId} {(row.Actions == Told ? 1 : 0)} {row.WatchSeconds}" }), calls.Select(call => call.What));
        }
    }

    [Fact]
    public async Task Failures_are_counted_and_stop_nothing()
    {
        using var service = new FakeService { FailEvery = 10 };
        var run = await RunAsync(service, connections: 1);

        Assert.Equal(60, run.Steps);
        Assert.Equal(12, run.Failures.Values.Sum());
        Assert.All(run.Failures.Keys, reason => Assert.EndsWith(": 503", reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Time_that_is_up_ends_the_run_with_what_was_measured()
    {
        using var service = new FakeService();
        var run = await RunAsync(service, connections: 2, longest: TimeSpan.Zero);

        Assert.Equal(0, run.Steps);
        ReplayReport.Print(run, seed: 1);
    }

    private static async Task<ReplayRun> RunAsync(FakeService service, int connections, TimeSpan? longest = null)
    {
        using var http = new HttpClient(service, disposeHandler: false) { BaseAddress = new Uri("http://service/") };
        var features = new RequestFeatures(new RowFeatures(Schema, new Dictionary<string, UserProfile>()));
        var run = new ReplayRun(new ReplayPlan(Log, 8, 1, 1000), new RankingClient(http, "test-"), features, explain: true);
        await run.RunAsync(connections, longest ?? TimeSpan.FromMinutes(1), new Progress<double>(), CancellationToken.None);
        return run;
    }

    /// <summary>Ranks v1, v2 ... by rising number, fuses by falling number, and fuses a click score of number mod 5 tenths.</summary>
    private sealed class FakeService : HttpMessageHandler
    {
        private int _calls;

        public int FailEvery { get; init; } = int.MaxValue;

        public ConcurrentQueue<(string User, string What)> Calls { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(1, cancellationToken);
            if (Interlocked.Increment(ref _calls) % FailEvery == 0)
                return new HttpResponseMessage(HttpStatusCode.ServiceUnavailable);
            var body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
            var answer = request.RequestUri!.AbsolutePath switch
            {
                "/v1/rank" => Rank(body),
                "/v1/feedback" => Feedback(body),
                var path => throw new InvalidOperationException(path),
            };
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer.ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        }

        private JsonObject Rank(JsonNode body)
        {
            Calls.Enqueue(((string)body["userId"]!, "rank"));
            Assert.Equal(20, (int)body["context"]!["hour"]!);
            Assert.Equal(8, (int)body["limit"]!);
            var numbers = body["columns"]!["itemIds"]!.AsArray()
                .Select(id => int.Parse(((string)id!)[1..], System.Globalization.CultureInfo.InvariantCulture)).OrderDescending();
            return new JsonObject
            {
                ["requestId"] = "r",
                ["degraded"] = new JsonArray(),
                ["items"] = new JsonArray([.. numbers.Select(number => new JsonObject
                {
                    ["itemId"] = $"v{number}",
                    ["score"] = number,
                    ["fusionScore"] = -number,
                    ["explanation"] = new JsonObject
                    {
                        ["action"] = new JsonObject { ["click.weight"] = -2 },
                        ["contributions"] = new JsonObject { ["click"] = -2 * (number % 5) / 10.0 },
                    },
                })]),
            };
        }

        private JsonObject Feedback(JsonNode body)
        {
            var sent = body["events"]![0]!;
            Calls.Enqueue(((string)sent["userId"]!, $"feedback {sent["itemId"]} {sent["actions"]!["longView"]} {sent["watchSeconds"]}"));
            return new JsonObject { ["accepted"] = 1, ["duplicates"] = 0, ["rejected"] = new JsonArray() };
        }
    }
}
