using System.Diagnostics;
using System.Globalization;

namespace MTRec.Benchmarks.Serving;

/// <summary>What a caller notices of events that a service must live through, at half of its capacity and a constant rate.</summary>
internal static class Faults
{
    /// <summary>Puts other bundles into service under load: three in turn, so that each is loaded, verified and warmed anew.</summary>
    /// <param name="arena">Serves the small bundle.</param>
    /// <param name="registry">Its registry.</param>
    /// <param name="bodies">The requests.</param>
    /// <param name="perSecond">The rate.</param>
    /// <param name="swaps">Swaps.</param>
    public static async Task<SwapResult> SwapAsync(Arena arena, string registry, Bodies bodies, double perSecond, int swaps)
    {
        string[] versions = ["1", "2", "3"];
        foreach (var version in versions[1..])
            SmallBundle.Publish(registry, version);
        foreach (var version in versions)
            await ActivateAsync(arena, version);

        var target = arena.Target(arena.Ours, bodies);
        var seconds = swaps * 0.25;
        var calm = await Task.Run(() => OpenLoop.Run(target, bodies, perSecond, (int)(perSecond * seconds)));
        arena.ClearEvents();
        var before = arena.Ours.ResidentBytes;
        var load = Task.Run(() => OpenLoop.Run(target, bodies, perSecond, (int)(perSecond * seconds)));
        var watch = Stopwatch.StartNew();
        for (var swap = 0; swap < swaps; swap++)
        {
            await ActivateAsync(arena, versions[swap % versions.Length]);
            var next = TimeSpan.FromSeconds((swap + 1) * seconds / swaps) - watch.Elapsed;
            if (next > TimeSpan.Zero)
                await Task.Delay(next);
        }

        var took = watch.Elapsed.TotalSeconds;
        var swapped = await load;
        arena.ClearEvents();
        return new SwapResult(
            perSecond, swaps, took, calm.Percentile(0.5), calm.Percentile(0.99), swapped.Percentile(0.5), swapped.Percentile(0.99), swapped.Percentile(0.99) / calm.Percentile(0.99),
            calm.Failures + swapped.Failures, before, arena.Ours.ResidentBytes);
    }

    /// <summary>Sends three times what the service can answer, or as much of that as the load's core can, from more connections than it lets wait.</summary>
    /// <param name="arena">Serves a bundle.</param>
    /// <param name="bodies">The requests.</param>
    /// <param name="capacity">Answers a second without overload.</param>
    /// <param name="processor">Processor time of an answer without overload, in microseconds.</param>
    public static async Task<OverloadResult> OverloadAsync(Arena arena, Bodies bodies, double capacity, double processor)
    {
        const int Connections = 400;
        const double Seconds = 8;
        var perSecond = 3 * capacity;
        var before = arena.Ours.ProcessorSeconds;
        var result = await Task.Run(() => OpenLoop.Run(arena.Target(arena.Ours, bodies), bodies, perSecond, (int)(perSecond * Seconds), Connections));
        var used = arena.Ours.ProcessorSeconds - before;
        arena.ClearEvents();
        var took = result.Finished.Max();
        var answered = result.Latencies.Count(latency => !double.IsNaN(latency));
        var refused = result.Refused.Count(isRefused => isRefused);
        return new OverloadResult(
            result.Finished.Length / took / capacity, answered / took / capacity, refused, result.Failures - refused, processor, ((used * 1e6) - (answered * processor)) / refused);
    }

    /// <summary>Kills Redis as kill -9 does, under load, and starts it again.</summary>
    /// <param name="arena">Serves a bundle.</param>
    /// <param name="bodies">The requests, in JSON.</param>
    /// <param name="perSecond">The rate.</param>
    public static async Task<RedisResult> KillRedisAsync(Arena arena, Bodies bodies, double perSecond)
    {
        const double Killed = 5, Started = 10, End = 22;
        var load = Task.Run(() => OpenLoop.Run(arena.Target(arena.Ours, bodies), bodies, perSecond, (int)(perSecond * End)));
        var watch = Stopwatch.StartNew();
        await Task.Delay(TimeSpan.FromSeconds(Killed));
        var killedAt = watch.Elapsed.TotalSeconds;
        await arena.Redis.KillAsync();
        await Task.Delay(TimeSpan.FromSeconds(Started) - watch.Elapsed);
        await arena.Redis.StartAgainAsync();
        var startedAt = watch.Elapsed.TotalSeconds;
        var result = await load;
        arena.ClearEvents();

        var requests = Enumerable.Range(0, result.Latencies.Length).ToArray();
        var lastDegraded = requests.Where(i => result.Degraded[i]).Select(i => result.Finished[i]).DefaultIfEmpty(double.NaN).Max();
        return new RedisResult(
            perSecond,
            OpenLoop.Percentile(requests.Where(i => result.Finished[i] < killedAt).Select(i => result.Latencies[i]), 0.99),
            requests.Count(i => result.Degraded[i]),
            OpenLoop.Percentile(requests.Where(i => result.Degraded[i]).Select(i => result.Latencies[i]), 0.5),
            OpenLoop.Percentile(requests.Where(i => result.Degraded[i]).Select(i => result.Latencies[i]), 0.99),
            OpenLoop.Percentile(requests.Where(i => result.Degraded[i]).Select(i => result.Latencies[i]), 1),
            Recovery(requests.Where(i => result.Finished[i] >= startedAt).Select(i => (result.Finished[i] - startedAt, result.Degraded[i]))),
            lastDegraded - startedAt,
            result.Failures);
    }

    /// <summary>Seconds until a second begins of whose answers 99 % are whole; NaN where none does.</summary>
    /// <param name="answers">When each came, in seconds, and whether it was degraded.</param>
    private static double Recovery(IEnumerable<(double At, bool Degraded)> answers)
    {
        var ordered = answers.OrderBy(answer => answer.At).ToArray();
        var (end, degraded) = (0, 0);
        for (var begin = 0; begin < ordered.Length && ordered[begin].At + 1 <= ordered[^1].At; begin++)
        {
            while (end < ordered.Length && ordered[end].At < ordered[begin].At + 1)
                degraded += ordered[end++].Degraded ? 1 : 0;
            if (degraded <= 0.01 * (end - begin))
                return ordered[begin].At;
            degraded -= ordered[begin].Degraded ? 1 : 0;
        }

        return double.NaN;
    }

    /// <summary>Prints them.</summary>
    public static void Print(SwapResult swaps, RedisResult redis, OverloadResult overload)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"overload, {overload.Sent:0.0} times capacity sent: {overload.Answered:0.00} times capacity answered, {overload.Refused} requests refused, {overload.Failures} failed; processor time of an answer {overload.AnswerProcessor:0} us, of a refusal {overload.RefusalProcessor:0} us"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"swaps under load: {swaps.Failures} requests failed in {swaps.Swaps} swaps; p99 {swaps.SwappedP99:0} us against {swaps.CalmP99:0} us without: {swaps.Ratio:0.00}; resident {swaps.BytesBefore >> 20} MiB before, {swaps.BytesAfter >> 20} MiB after"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Redis killed under load: {redis.Failures} requests failed, {redis.Degraded} degraded, p50 {redis.DegradedP50:0} us, p99 {redis.DegradedP99:0} us (healthy: {redis.HealthyP99:0} us); whole again {redis.RecoverySeconds:0.0} s after it is back, the last degraded answer after {redis.LastDegradedSeconds:0.0} s"));
    }

    private static async Task ActivateAsync(Arena arena, string version)
    {
        using var answer = await arena.Ours.Http.PostAsync(new Uri($"v1/bundles/{version}/activate", UriKind.Relative), null);
        answer.EnsureSuccessStatusCode();
    }
}

/// <summary>Swaps of bundles under load. Latencies in microseconds.</summary>
internal sealed record SwapResult(
    double PerSecond, int Swaps, double Seconds, double CalmP50, double CalmP99, double SwappedP50, double SwappedP99, double Ratio, int Failures, long BytesBefore, long BytesAfter);

/// <summary>More sent than can be answered.</summary>
/// <param name="Sent">Requests a second, as a multiple of the capacity.</param>
/// <param name="Answered">Good answers a second, as a multiple of the capacity.</param>
/// <param name="Refused">Requests answered with 503.</param>
/// <param name="Failures">Requests with another answer, or none.</param>
/// <param name="AnswerProcessor">Processor time of an answer without overload, in microseconds.</param>
/// <param name="RefusalProcessor">That of a refusal, in microseconds: what was used beyond the answers.</param>
internal sealed record OverloadResult(double Sent, double Answered, int Refused, int Failures, double AnswerProcessor, double RefusalProcessor);

/// <summary>Redis killed and started again under load. Latencies in microseconds.</summary>
internal sealed record RedisResult(
    double PerSecond, double HealthyP99, int Degraded, double DegradedP50, double DegradedP99, double DegradedMax, double RecoverySeconds, double LastDegradedSeconds, int Failures);
