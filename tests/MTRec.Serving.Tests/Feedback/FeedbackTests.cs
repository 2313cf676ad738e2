using System.Net;
using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Serving.Tests.Ranking;

namespace MTRec.Serving.Tests.Feedback;

public sealed class FeedbackTests : IAsyncLifetime
{
    private RankApp _app = null!;

    public async Task InitializeAsync() => _app = await RankApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task An_event_updates_the_session_and_the_log()
    {
        var answer = await _app.FeedbackAsync(Requests.Event("e-1", actions: ["click", "longView"]).Changed(e => e["requestId"] = "r-1"));

        Assert.Equal((1, 0, 0), (answer.Accepted, answer.Duplicates, answer.Rejected.Count));
        var session = await _app.SessionAsync("u-1");
        Assert.Equal(1, session!.TotalEvents);
        var shown = Assert.Single(session.Events);
        Assert.Equal(("v-1", 12.5f), (shown.ItemId, shown.WatchSeconds));
        Assert.Equal(["click", "longView"], shown.Actions);
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 20, 10, 0, TimeSpan.Zero), shown.Timestamp);

        var logged = Assert.IsType<FeedbackEvent>(Assert.Single(await _app.StopAndReadEventsAsync()));
        Assert.Equal(("e-1", "r-1", "u-1", "v-1"), (logged.EventId, logged.RequestId, logged.UserId, logged.ItemId));
        Assert.Equal(["click", "longView"], logged.Actions);
        Assert.Equal(12.5f, logged.WatchSeconds);
    }

    [Fact]
    public async Task The_session_changes_the_next_ranking()
    {
        var before = await _app.RankAsync(Requests.Rows());
        await _app.FeedbackAsync(Requests.Event("e-1", actions: ["click"]));
        var after = await _app.RankAsync(Requests.Rows());
        await _app.ForgetAsync("u-1");
        var forgotten = await _app.RankAsync(Requests.Rows());

        Assert.NotEqual(before.Items, after.Items);
        Assert.Equal(before.Items, forgotten.Items);
    }

    [Fact]
    public async Task An_event_counts_once_in_one_call_and_over_calls()
    {
        var first = await _app.FeedbackAsync(Requests.Event("e-1"), Requests.Event("e-1"), Requests.Event("e-2"));
        var second = await _app.FeedbackAsync(Requests.Event("e-2"), Requests.Event("e-3"));

        Assert.Equal((2, 1), (first.Accepted, first.Duplicates));
        Assert.Equal((1, 1), (second.Accepted, second.Duplicates));
        Assert.Equal(3, (await _app.SessionAsync("u-1"))!.TotalEvents);
        Assert.Equal(3, (await _app.StopAndReadEventsAsync()).Count);
    }

    [Fact]
    public async Task A_thousand_concurrent_events_of_one_user_are_neither_lost_nor_doubled()
    {
        // Each event is sent twice, from many connections at once.
        var calls = Enumerable.Range(0, 1000).SelectMany(i => new[] { i, i }).Select(i => _app.FeedbackAsync(Requests.Event($"e-{i}", itemId: $"v-{i}"))).ToArray();
        var answers = await Task.WhenAll(calls);

        Assert.Equal(1000, answers.Sum(answer => answer.Accepted));
        Assert.Equal(1000, answers.Sum(answer => answer.Duplicates));
        Assert.Equal(1000, (await _app.SessionAsync("u-1"))!.TotalEvents);
        var logged = (await _app.StopAndReadEventsAsync()).Cast<FeedbackEvent>().Select(e => e.EventId).ToArray();
        Assert.Equal(1000, logged.Length);
        Assert.Equal(1000, logged.Distinct().Count());
    }

    [Theory]
    [InlineData("eventId", null, "eventId")]
    [InlineData("eventId", "\"\"", "eventId")]
    [InlineData("userId", "7", "userId")]
    [InlineData("itemId", null, "itemId")]
    [InlineData("requestId", "[]", "requestId")]
    [InlineData("timestamp", "\"soon\"", "timestamp")]
    [InlineData("timestamp", "\"1970-01-01T00:00:00Z\"", "timestamp")]
    [InlineData("timestamp", "5", "timestamp")]
    [InlineData("watchSeconds", "-0.1", "watchSeconds")]
    [InlineData("watchSeconds", "86401", "watchSeconds")]
    [InlineData("watchSeconds", "1e309", "watchSeconds")]
    [InlineData("watchSeconds", "\"NaN\"", "watchSeconds")]
    [InlineData("actions", "[]", "actions")]
    [InlineData("actions", "{\"click\":2}", "actions.click")]
    [InlineData("actions", "{\"click\":true}", "actions.click")]
    [InlineData("actions", "{\"click\":1,\"smile\":1}", "actions.smile")]
    public async Task A_bad_event_is_rejected_whole_and_spoils_no_other(string member, string? value, string field)
    {
        var bad = Requests.Event("bad", "u-bad", actions: ["like"]);
        bad.Remove(member);
        var text = bad.ToJsonString();
        if (value is not null)
            text = $"{{\"{member}\":{value},{text[1..]}";

        using var answer = await _app.SendAsync(
            HttpMethod.Post, "/v1/feedback", $"{{\"events\":[{Requests.Event("e-1").ToJsonString()},{text},{Requests.Event("e-2").ToJsonString()}]}}");

        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(2, (int)body["accepted"]!);
        var rejected = Assert.Single(body["rejected"]!.AsArray())!;
        Assert.Equal((1, field), ((int)rejected["index"]!, (string)rejected["field"]!));
        Assert.NotEmpty((string)rejected["reason"]!);
        Assert.Null(await _app.SessionAsync("u-bad"));
        Assert.Equal(2, (await _app.SessionAsync("u-1"))!.TotalEvents);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"events\":[]}")]
    [InlineData("{\"events\":{}}")]
    [InlineData("{\"events\":null}")]
    [InlineData("{\"events\":[EVENT]")]
    [InlineData("{\"events\":[EVENT,]}")]
    [InlineData("{\"events\":[EVENT]}x")]
    [InlineData("{\"events\":[EVENT],\"events\":[EVENT]}")]
    [InlineData("{\"events\":[EVENT,{\"userId\":\"u-1\",\"userId\":\"u-2\"}]}")]
    [InlineData("{\"events\":[EVENT,{\"\\ud800\":1}]}")]
    public async Task A_body_that_is_no_feedback_applies_nothing(string body)
    {
        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/feedback", body.Replace("EVENT", Requests.Event("e").ToJsonString(), StringComparison.Ordinal));

        await RankRefusalTests.ProblemOf(answer, 400);
        Assert.Null(await _app.SessionAsync("u-1"));
    }

    [Fact]
    public async Task Too_many_events_are_refused_whole()
    {
        var events = new JsonArray([.. Enumerable.Range(0, 1001).Select(i => Requests.Event($"e-{i}"))]);

        using var answer = await _app.SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = events }.ToJsonString());

        await RankRefusalTests.ProblemOf(answer, 400);
        Assert.Null(await _app.SessionAsync("u-1"));
    }

    [Fact]
    public async Task Only_the_ids_are_needed()
    {
        var answer = await _app.FeedbackAsync(new JsonObject { ["eventId"] = "e", ["userId"] = "u-1", ["itemId"] = "v-1", ["requestId"] = null, ["watchSeconds"] = null });

        Assert.Equal(1, answer.Accepted);
        Assert.Empty((await _app.SessionAsync("u-1"))!.Events.Single().Actions);
    }
}
