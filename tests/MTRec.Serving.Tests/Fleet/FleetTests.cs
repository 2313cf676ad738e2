using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

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
        using var load = new RankLoad(fleet.Balanced);
        await load.WaitForAsync(100);
        await fleet.Redis.Nodes[0].KillAsync();
        await load.WaitForAsync(300);
        for (var user = 0; user < Users; user++)
            await FeedbackUntilTakenAsync(fleet.Balanced, Requests.Event("e-after", $"u-{user}"));

        Assert.Empty(await load.EndAsync());
        for (var user = 0; user < Users; user++)
            Assert.Equal(11, await TotalAsync(fleet.Balanced, $"u-{user}"));
    }

    private static async Task A_killed_replica_costs_no_call(ServiceFleet fleet)
    {
        using var load = new RankLoad(fleet.Balanced);
        await load.WaitForAsync(100);
        fleet.Replicas[0].Signal("KILL");
        await load.WaitForAsync(300);

        Assert.Empty(await load.EndAsync());
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
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
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

    /// <summary>Eight callers who rank without a pause until they are told to end.</summary>
    private sealed class RankLoad : IDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly ConcurrentBag<string> _failures = [];
        private readonly Task _callers;
        private int _answers;

        public RankLoad(HttpClient client) => _callers = Task.WhenAll(Enumerable.Range(0, 8).Select(caller => CallAsync(client, caller)));

        /// <summary>Waits for that many more answers.</summary>
        public async Task WaitForAsync(int answers)
        {
            var end = Volatile.Read(ref _answers) + answers;
            for (var deadline = DateTime.UtcNow.AddMinutes(1); Volatile.Read(ref _answers) < end; await Task.Delay(20))
                Assert.True(DateTime.UtcNow < deadline, "The load stands still.");
        }

        /// <summary>Ends the load.</summary>
        /// <returns>What failed.</returns>
        public async Task<IReadOnlyCollection<string>> EndAsync()
        {
            await _end.CancelAsync();
            await _callers;
            return _failures;
        }

        public void Dispose()
        {
            _end.Cancel();
            _end.Dispose();
        }

        private async Task CallAsync(HttpClient client, int caller)
        {
            for (var i = 0; !_end.IsCancellationRequested; i++)
            {
                try
                {
                    using var answer = await client.PostAsJsonAsync("/v1/rank", Requests.Rows(userId: $"u-{(caller + (8 * i)) % Users}"), CancellationToken.None);
                    if (answer.StatusCode != HttpStatusCode.OK)
                        _failures.Add($"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(CancellationToken.None)}");
                    Interlocked.Increment(ref _answers);
                }
                catch (HttpRequestException e)
                {
                    _failures.Add(e.Message);
                    Interlocked.Increment(ref _answers);
                }
            }
        }
    }
}
