using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MTRec.Serving.Tests.Faults;

namespace MTRec.Serving.Tests.Fleet;

public sealed class FleetTests
{
    private const int Users = 40;

    [FleetFact(Timeout = 300_000)]
    public async Task Replicas_share_sessions_and_neither_a_dead_replica_nor_a_dead_node_costs_a_call()
    {
        await using var fleet = await ServiceFleet.StartAsync();

        await Feedback_to_one_replica_changes_the_order_of_the_other(fleet);
        await Nothing_is_lost_or_doubled_between_the_replicas(fleet);
        await A_killed_node_costs_no_rank_call_and_its_users_come_back(fleet);
        await A_killed_replica_costs_no_call(fleet);
    }

    private static async Task Feedback_to_one_replica_changes_the_order_of_the_other(ServiceFleet fleet)
    {
        var (one, other) = (fleet.Replicas[0].Client, fleet.Replicas[1].Client);
        var before = await ItemsAsync(other, "shared");

        await FeedbackUntilTakenAsync(one, Requests.Event("e-shared", "shared", actions: ["click", "like"]));

        Assert.NotEqual(before, await ItemsAsync(other, "shared"));
        Assert.Equal(await ItemsAsync(one, "shared"), await ItemsAsync(other, "shared"));
        Assert.Equal(await ItemsAsync(one, "shared"), await ItemsAsync(fleet.Balanced, "shared"));
    }

    // Every event is sent to both replicas by way of the balancer and of each itself.
    private static async Task Nothing_is_lost_or_doubled_between_the_replicas(ServiceFleet fleet)
    {
        HttpClient[] ways = [fleet.Balanced, fleet.Replicas[0].Client, fleet.Replicas[1].Client];
        var accepted = new ConcurrentBag<int>();
        await Parallel.ForEachAsync(Enumerable.Range(0, Users * 30), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) =>
            accepted.Add(await FeedbackUntilTakenAsync(ways[i % 3], Requests.Event($"e-{i / 3}", $"u-{i / 3 % Users}", $"v-{(i / 3 % 10) + 1}"))));

        Assert.Equal(Users * 10, accepted.Sum());
        for (var user = 0; user < Users; user++)
            Assert.Equal(10, await TotalAsync(fleet.Balanced, $"u-{user}"));
    }

    private static async Task A_killed_node_costs_no_rank_call_and_its_users_come_back(ServiceFleet fleet)
    {
        var load = RankLoad.Start(fleet.Balanced, 8, TimeSpan.Zero, users: Users);
        await load.MoreAsync(100);
        await fleet.Redis.Nodes[0].KillAsync();
        await load.MoreAsync(300);
        for (var user = 0; user < Users; user++)
            await FeedbackUntilTakenAsync(fleet.Balanced, Requests.Event("e-after", $"u-{user}"));

        Assert.All(await load.StopAsync(), outcome => Assert.True(outcome.Status == 200, $"{outcome.Status} {outcome.Failure}"));
        for (var user = 0; user < Users; user++)
            Assert.Equal(11, await TotalAsync(fleet.Balanced, $"u-{user}"));
    }

    private static async Task A_killed_replica_costs_no_call(ServiceFleet fleet)
    {
        var load = RankLoad.Start(fleet.Balanced, 8, TimeSpan.Zero, users: Users);
        await load.MoreAsync(100);
        fleet.Replicas[0].Signal("KILL");
        await load.MoreAsync(300);

        Assert.All(await load.StopAsync(), outcome => Assert.True(outcome.Status == 200, $"{outcome.Status} {outcome.Failure}"));
        Assert.Equal(1, await FeedbackUntilTakenAsync(fleet.Balanced, Requests.Event("e-last", "u-0")));
    }

    // Sends an event again until it is taken, as callers are told to by 503.
    private static async Task<int> FeedbackUntilTakenAsync(HttpClient client, JsonObject sent)
    {
        var body = new JsonObject { ["events"] = new JsonArray(sent) };
        // A replica takes over some three seconds after its master's end, and the services ask who has what every two.
        for (var deadline = DateTime.UtcNow.AddSeconds(30); ; await Task.Delay(200))
        {
            using var answer = await client.PostAsJsonAsync("/v1/feedback", body);
            if (answer.StatusCode == HttpStatusCode.Accepted)
                return (int)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["accepted"]!;
            // The balancer's 502: one replica is dead, and the other, which may have found out about the dead node later, had said 503.
            Assert.Contains(answer.StatusCode, new[] { HttpStatusCode.ServiceUnavailable, HttpStatusCode.BadGateway });
            Assert.True(DateTime.UtcNow < deadline, await answer.Content.ReadAsStringAsync());
        }
    }

    private static async Task<string> ItemsAsync(HttpClient client, string userId)
    {
        using var answer = await client.PostAsJsonAsync("/v1/rank", Requests.Rows(userId: userId));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var ranked = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.Empty(ranked["degraded"]!.AsArray());
        return ranked["items"]!.ToJsonString();
    }

    private static async Task<long> TotalAsync(HttpClient client, string userId) =>
        (long)(await client.GetFromJsonAsync<JsonObject>($"/v1/users/{userId}/session"))!["totalEvents"]!;
}
