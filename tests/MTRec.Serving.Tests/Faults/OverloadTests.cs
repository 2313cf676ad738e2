using System.Diagnostics;
using System.Globalization;
using System.Text;
using MTRec.Export;
using MTRec.Testing;
using Xunit.Abstractions;

namespace MTRec.Serving.Tests.Faults;

/// <summary>More calls come than the processors can answer.</summary>
[Collection(UndisturbedTests.Name)]
public sealed class OverloadTests(ITestOutputHelper output)
{
    [Fact(Timeout = 300_000)]
    public async Task At_three_times_capacity_the_service_refuses_the_rest_at_once_and_answers_as_many_as_before()
    {
        using var service = await ServiceProcess.StartAsync(PublishSlow, [], "--Ranking:MaxConcurrent=1", "--Ranking:MaxWaiting=8");
        var life = Stopwatch.StartNew();
        await MeasureAsync(service, 2);
        var (alone, alonePerSecond) = await MeasureAsync(service, 2);

        var (outcomes, perSecond) = await MeasureAsync(service, 64);

        Assert.All(alone, outcome => Assert.Equal(200, outcome.Status));
        var good = outcomes.Where(outcome => outcome.Status == 200).ToArray();
        var shed = outcomes.Where(outcome => outcome.Status == 503).ToArray();
        Assert.Equal(outcomes.Count, good.Length + shed.Length);
        Assert.All(shed, outcome => Assert.True(outcome.AsksToRetry));
        Assert.All(good, outcome => Assert.Empty(outcome.Degraded));
        var figures = string.Create(
            CultureInfo.InvariantCulture,
            $"{outcomes.Count} sent, {good.Length} answered, median {Median(good):0.000} s, {shed.Length} refused, median {Median(shed):0.000} s; answers a processor's second {perSecond:0}, without overload {alonePerSecond:0}");
        output.WriteLine(figures);
        Assert.True(outcomes.Count > 3 * good.Length, figures);
        Assert.True(perSecond > 0.4 * alonePerSecond, figures);
        Assert.True(Median(shed) < 1, figures);
        Assert.True(Median(good) < 5, figures);

        var metrics = await service.MetricsAsync();
        Assert.Equal(shed.Length, metrics.Value("mtrec_rank_shed_total"));
        Assert.Equal(0, metrics.Value("mtrec_rank_working"));
        Assert.Equal(0, await service.StopAsync());
        var seconds = 2 + life.Elapsed.TotalSeconds;
        var lines = service.Said.Split('\n');
        Assert.InRange(lines.Count(line => line.Contains("Overload:", StringComparison.Ordinal)), 1, seconds);
        Assert.InRange(lines.Count(line => line.Contains("answered 503", StringComparison.Ordinal)), 1, seconds);
    }

    [Fact(Timeout = 120_000)]
    public async Task Who_sends_slowly_keeps_nobody_out()
    {
        using var service = await ServiceProcess.StartAsync("--Ranking:MaxConcurrent=1", "--Ranking:MaxWaiting=0");
        using var slow = new HalfSentRank(service.Client.BaseAddress!);
        using var slower = new HalfSentRank(service.Client.BaseAddress!);

        using var answer = await service.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows().ToJsonString());

        Assert.Equal(200, (int)answer.StatusCode);
        Assert.Equal(200, await slow.FinishAsync());
        Assert.Equal(200, await slower.FinishAsync());
    }

    // Answers for each second of a processor that the service took: that is the same on a busy machine, unlike answers for each second.
    private static async Task<(IReadOnlyList<RankOutcome> Outcomes, double PerSecond)> MeasureAsync(ServiceProcess service, int callers)
    {
        var before = service.ProcessorSeconds;
        var load = RankLoad.Start(service.Client, callers, TimeSpan.FromMilliseconds(callers > 2 ? 50 : 0), HeavyCall);
        await Task.Delay(TimeSpan.FromSeconds(4));
        var outcomes = await load.StopAsync();
        return (outcomes, outcomes.Count(outcome => outcome.Status == 200) / (service.ProcessorSeconds - before));
    }

    // So slow that callers on the same machine can send many times what it can answer, however fast the machine is.
    private static void PublishSlow(string registry)
    {
        var manifest = TestBundles.Manifest();
        BundleWriter.Write(registry, manifest, TestBundles.Parts(manifest) with { TaskScores = TestBundles.TaskScores(manifest, hidden: 1024) });
    }

    private static byte[] HeavyCall(string user) => Encoding.UTF8.GetBytes(
        $$"""{"userId":"{{user}}","limit":1,"candidates":[{{Requests.Repeated(1000, i => $$"""{"itemId":"x-{{i}}"}""")}}]}""");

    private static double Median(RankOutcome[] outcomes) => outcomes.Select(outcome => outcome.Took.TotalSeconds).Order().ElementAt(outcomes.Length / 2);
}
