using System.Text.Json.Nodes;

namespace MTRec.Serving.Tests.Faults;

/// <summary>A bundle that has passed every check and whose graphs then give NaN, or fail, on some requests.</summary>
public sealed class ModelFaultTests
{
    private const int Calls = 100;

    [Theory(Timeout = 240_000)]
    [InlineData(FragileBundle.HourWithoutPolicy, "policy")]
    [InlineData(FragileBundle.HourOfFailingPolicy, "policy")]
    [InlineData(FragileBundle.HourWithoutMentalReward, "mentalReward")]
    [InlineData(FragileBundle.HourOfFailingMentalReward, "mentalReward")]
    [InlineData(FragileBundle.HourWithoutTaskScores, "taskScores")]
    [InlineData(FragileBundle.HourOfFailingTaskScores, "taskScores")]
    public async Task A_graph_that_fails_costs_its_part_of_these_answers_and_nothing_of_others(double hour, string part)
    {
        using var service = await ServiceProcess.StartAsync(FragileBundle.Publish, []);

        // Some of the calls that run at the same time are whole, some are not.
        await Parallel.ForEachAsync(Enumerable.Range(0, Calls), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellation) =>
        {
            var fails = i % 2 == 0;
            using var answer = await service.SendAsync(HttpMethod.Post, "/v1/rank", Request(fails ? hour : 20).ToJsonString());
            Assert.Equal(200, (int)answer.StatusCode);
            var ranked = JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))!;
            Assert.Equal(fails ? [part] : [], ranked["degraded"]!.AsArray().Select(name => (string)name!));
            Assert.Equal(5, ranked["items"]!.AsArray().Count);
            Assert.Equal(fails && part == "mentalReward", ranked["items"]![0]!["mentalReward"] is null);
        });

        Assert.Equal(Calls / 2, (await service.MetricsAsync()).Value("mtrec_rank_degraded_total", ("part", part)));
        Assert.Equal(0, await service.StopAsync());
        var lines = service.Said.Split('\n').Count(line => line.Contains($"Ranked without {part}", StringComparison.Ordinal));
        Assert.InRange(lines, 1, Calls / 4);

        JsonObject Request(double at) => Requests.Rows().Changed(request =>
        {
            request["context"]!["hour"] = at;
            if (part == "taskScores")
                request.Candidates().ToList().ForEach(row => row!.AsObject().Remove("scores"));
        });
    }
}
