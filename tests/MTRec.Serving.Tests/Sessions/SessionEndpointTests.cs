using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Serving.Tests.Ranking;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Sessions;

public sealed class SessionEndpointTests
{
    [Fact]
    public async Task A_user_is_shown_forgotten_and_not_known_any_more()
    {
        await using var app = await RankApp.StartAsync();
        await app.FeedbackAsync(Requests.Event("e-1", "u/ü 1"));

        var shown = await app.SessionAsync(Uri.EscapeDataString("u/ü 1"));
        await app.ForgetAsync(Uri.EscapeDataString("u/ü 1"));

        Assert.Equal(("u/ü 1", 1), (shown!.UserId, shown.TotalEvents));
        Assert.Null(await app.SessionAsync(Uri.EscapeDataString("u/ü 1")));
        await app.ForgetAsync(Uri.EscapeDataString("u/ü 1"));
    }

    [Fact]
    public async Task The_event_log_tells_of_the_deletion_after_the_users_events()
    {
        await using var app = await RankApp.StartAsync();
        await app.FeedbackAsync(Requests.Event("e-1", "u-9"), Requests.Event("e-2", "u-8"));
        await app.ForgetAsync("u-9");
        await app.FeedbackAsync(Requests.Event("e-3", "u-9"));

        var events = (await app.StopAndReadEventsAsync()).Where(entry => entry.UserId == "u-9").ToArray();

        // What still waited in the queue is not even written.
        Assert.Equal(["forget", "e-3"], events.Select(entry => entry is FeedbackEvent feedback ? feedback.EventId : "forget").Where(name => name != "e-1"));
        Assert.IsType<ForgetEvent>(events[^2]);
        Assert.True(events[^2].Received <= events[^1].Received);
    }

    [Fact]
    public async Task A_user_nobody_knows_is_a_problem_404()
    {
        await using var app = await RankApp.StartAsync();

        using var answer = await app.SendAsync(HttpMethod.Get, "/v1/users/nobody/session");
        using var tooLong = await app.SendAsync(HttpMethod.Get, $"/v1/users/{new string('u', 257)}/session");

        await RankRefusalTests.ProblemOf(answer, 404);
        await RankRefusalTests.ProblemOf(tooLong, 400);
    }

    [Fact]
    public async Task Sessions_expire_by_the_services_clock()
    {
        var time = new ManualTime();
        await using var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry), services => services.AddSingleton<TimeProvider>(time), "--Sessions:Expiry=00:30:00");
        await app.FeedbackAsync(Requests.Event("e-1"));
        time.Advance(TimeSpan.FromMinutes(29));
        Assert.NotNull(await app.SessionAsync("u-1"));

        time.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(await app.SessionAsync("u-1"));
    }

    [Fact]
    public async Task Only_the_latest_impressions_are_kept()
    {
        await using var app = await RankApp.StartAsync("--Sessions:Events=5");
        await app.FeedbackAsync([.. Enumerable.Range(0, 12).Select(i => Requests.Event($"e-{i}", itemId: $"v-{i}").Changed(e => e["timestamp"] = $"2026-01-31T20:{i:D2}:00Z"))]);

        var session = await app.SessionAsync("u-1");

        Assert.Equal(12, session!.TotalEvents);
        Assert.Equal(["v-7", "v-8", "v-9", "v-10", "v-11"], session.Events.Select(e => e.ItemId));
    }
}
