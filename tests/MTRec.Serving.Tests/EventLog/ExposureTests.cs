using MTRec.Core.Events;

namespace MTRec.Serving.Tests.EventLog;

public sealed class ExposureTests
{
    [Fact]
    public async Task An_exposure_holds_what_a_learner_needs()
    {
        await using var app = await RankApp.StartAsync();
        var answer = await app.RankAsync(Requests.Rows(8).Changed(r =>
        {
            r["requestId"] = "r-1";
            r["limit"] = 3;
        }));

        var exposure = Assert.IsType<ExposureEvent>(Assert.Single(await app.StopAndReadEventsAsync()));

        Assert.Equal(("r-1", "u-1", "default/1"), (exposure.RequestId, exposure.UserId, exposure.Bundle));
        Assert.Equal(new DateTimeOffset(2026, 1, 31, 20, 15, 0, TimeSpan.Zero), exposure.Timestamp);
        Assert.Equal([20f, 1], exposure.Context);
        Assert.Equal([31f, 1], exposure.User);
        Assert.Equal(8, exposure.ItemIds.Length);
        Assert.Equal(Enumerable.Range(0, 8).SelectMany(i => Enumerable.Range(0, 3).Select(task => (float)Requests.Score(i, task))), exposure.Scores);
        Assert.Equal(answer.Items.Select(item => item.ItemId), exposure.Order.Select(i => exposure.ItemIds[i]));
        Assert.Equal(answer.Items.Select(item => item.Score), exposure.Order.Select(i => exposure.FinalScores[i]));
        Assert.Equal(8, exposure.FinalScores.Length);
        Assert.Equal([1f, 2, 3], exposure.Action!);
        Assert.Empty(exposure.Degraded);
    }

    [Fact]
    public async Task A_refused_request_leaves_no_exposure()
    {
        await using var app = await RankApp.StartAsync();
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", "{}");

        Assert.Empty(await app.StopAndReadEventsAsync());
    }
}
