using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Core.Sessions;
using MTRec.Serving.EventLog;
using MTRec.Serving.Sessions;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Ranking;

public sealed class DegradedTests
{
    [Theory]
    [InlineData(FragileBundle.HourWithoutPolicy, "policy")]
    [InlineData(FragileBundle.HourWithoutMentalReward, "mentalReward")]
    public async Task A_graph_that_gives_NaN_is_done_without(double hour, string part)
    {
        await using var app = await RankApp.StartAsync(FragileBundle.Publish, null);

        var whole = await app.RankAsync(Requests.Rows());
        var answer = await app.RankAsync(At(hour));

        Assert.Empty(whole.Degraded);
        Assert.Equal([part], answer.Degraded);
        Assert.Equal(5, answer.Items.Count);
        Assert.All(answer.Items, item => Assert.Equal(part == "mentalReward", item.MentalReward is null));

        // The fallback's weights are the policy's.
        Assert.Equal(whole.Items.ToDictionary(item => item.ItemId, item => item.FusionScore), answer.Items.ToDictionary(item => item.ItemId, item => item.FusionScore));
    }

    [Fact]
    public async Task The_fallback_explains_itself()
    {
        await using var app = await RankApp.StartAsync(FragileBundle.Publish, null);

        var answer = await app.RankAsync(At(FragileBundle.HourWithoutPolicy).Changed(r => r["explain"] = true));

        Assert.All(answer.Items, item =>
        {
            Assert.Equal(item.FusionScore, item.Explanation!.Contributions.Values.Sum(), 1e-5);
            Assert.Equal(["click.weight", "like.weight", "longView.weight"], item.Explanation.Action.Keys);
        });
    }

    [Fact]
    public async Task Without_task_scores_every_candidate_has_the_defaults()
    {
        await using var app = await RankApp.StartAsync(FragileBundle.Publish, null);

        var answer = await app.RankAsync(At(FragileBundle.HourWithoutTaskScores).Changed(r => r.Candidates().ToList().ForEach(row => row!.AsObject().Remove("scores"))));

        Assert.Equal(["taskScores"], answer.Degraded);
        Assert.All(answer.Items, item => Assert.Equal(0.3 + (2 * 0.02) + (3 * 0.25), item.FusionScore, 1e-5));
    }

    [Fact]
    public async Task Without_the_session_store_ranking_goes_on_and_feedback_asks_to_come_again()
    {
        await using var app = await RankApp.StartAsync(registry => TestBundles.Publish(registry), services => services.AddSingleton<ISessionStore>(new DeadStore(new TimeoutException("dead"))));

        Assert.Equal(["sessionStore"], (await app.RankAsync(Requests.Rows())).Degraded);
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(Requests.Event("e")) }.ToJsonString());
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task Feedback_whose_fate_is_unknown_is_logged_and_refused_and_feedback_that_was_not_sent_only_refused()
    {
        foreach (var mayHaveApplied in new[] { true, false })
        {
            await using var app = await RankApp.StartAsync(
                registry => TestBundles.Publish(registry), services => services.AddSingleton<ISessionStore>(new DeadStore(new SessionStoreException("dead", mayHaveApplied))));

            using var answer = await app.SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(Requests.Event("e")) }.ToJsonString());

            Assert.Equal(503, (int)answer.StatusCode);
            Assert.Equal(mayHaveApplied ? 1 : 0, (await app.StopAndReadEventsAsync()).Count);
        }
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Without_the_session_store_nobody_is_said_to_be_unknown_or_forgotten(string method)
    {
        await using var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry), services => services.AddSingleton<ISessionStore>(new DeadStore(new SessionStoreException("dead", false))));

        using var answer = await app.SendAsync(new HttpMethod(method), "/v1/users/u-1/session");

        await RankRefusalTests.ProblemOf(answer, 503);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Fact]
    public async Task A_full_event_log_degrades_ranking_and_refuses_feedback_whole()
    {
        var log = new StuckLog();
        await using var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry), services => services.AddSingleton<IEventLog>(log), "--EventLog:QueueBytes=4096", "--Service:ShutdownTimeout=00:00:01");

        var degraded = Array.Empty<string>();
        for (var i = 0; i < 50 && degraded.Length == 0; i++)
            degraded = [.. (await app.RankAsync(Requests.Rows())).Degraded];
        Assert.Equal(["eventLog"], degraded);
        Assert.Equal(1, app.Services.GetRequiredService<EventQueue>().DroppedEvents);

        var events = Enumerable.Range(0, 10).Select(i => (JsonNode)Requests.Event($"e-{i}")).ToArray();
        using (var refused = await app.SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(events) }.ToJsonString()))
        {
            Assert.Equal(503, (int)refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
        }

        Assert.Null(await app.SessionAsync("u-1"));
        log.Open();
        for (var i = 0; i < 200 && (await app.RankAsync(Requests.Rows())).Degraded.Count > 0; i++)
            await Task.Delay(10);

        // The last exposure is on its way.
        var queue = app.Services.GetRequiredService<EventQueue>();
        for (var i = 0; i < 200 && !queue.TryReserve(4096); i++)
            await Task.Delay(10);
        queue.Release(4096);
        Assert.Equal(10, (await app.FeedbackAsync([.. events.Select(e => e.DeepClone())])).Accepted);
    }

    private static JsonObject At(double hour) => Requests.Rows().Changed(r => r["context"]!["hour"] = hour);

    private sealed class DeadStore(Exception death) : ISessionStore
    {
        public ValueTask<UserSession?> FindAsync(string userId, CancellationToken cancellation) => throw death;

        public ValueTask<bool> ApplyAsync(string userId, string eventId, SessionEvent sessionEvent, CancellationToken cancellation) => throw death;

        public ValueTask<bool> ForgetAsync(string userId, CancellationToken cancellation) => throw death;
    }

    /// <summary>Takes nothing until it is opened.</summary>
    private sealed class StuckLog : IEventLog
    {
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open() => _open.SetResult();

        public async ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation) => await _open.Task.WaitAsync(cancellation);

        public ValueTask DisposeAsync() => default;
    }
}
