using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using MTRec.Testing;
using Spectre.Console;

namespace MTRec.Benchmarks.Serving;

/// <summary>The service beside the reference in Node.js and the floor, in turns on one core of this machine.</summary>
internal sealed class ServingBenchmark(Arguments arguments)
{
    private const int Size = 500;
    private const int Connections = 8;
    private const int SecondsEach = 1;

    private readonly bool _quick = arguments.Text("--quick", "no") == "yes";
    private readonly int _rounds = arguments.Number("--rounds", 5);
    private readonly int _openRequests = arguments.Number("--requests", 10_000);

    /// <summary>Measures, prints and writes the results.</summary>
    public static async Task<int> RunAsync(Arguments arguments)
    {
        await new ServingBenchmark(arguments).RunAsync();
        return 0;
    }

    private async Task RunAsync()
    {
        using var small = new TemporaryFolder();
        SmallBundle.Publish(small.Path);
        var closed = new List<ClosedResult>();
        var open = new List<OpenResult>();
        SwapResult swaps;
        RedisResult redis;
        OverloadResult overload;
        await using (var arena = await Arena.StartAsync(small.Path))
        {
            foreach (var size in _quick ? new[] { Size } : [100, Size, 1000])
                closed.AddRange(await ClosedAsync(arena, "small", size, size == Size ? _rounds : Math.Min(_rounds, 3)));
            open.AddRange(await OpenAsync(arena, "small", closed));
            var bodies = await arena.BodiesAsync(Form.All[1], Size);
            var columns = closed.First(result => result.Form == Form.All[1].Name && result.Candidates == Size);
            var capacity = columns.Throughput.Ours.Median;
            var perSecond = capacity / 2;
            overload = await Faults.OverloadAsync(arena, bodies, capacity, columns.ProcessorMicroseconds.Ours);
            redis = await Faults.KillRedisAsync(arena, bodies, perSecond);
            swaps = await Faults.SwapAsync(arena, small.Path, bodies, perSecond, _quick ? 20 : 100);
        }

        await using (var arena = await Arena.StartAsync(Path.Combine(SharedData.RepositoryRoot, "deploy/registry")))
            closed.AddRange(await ClosedAsync(arena, "shipped", Size, _quick ? 1 : Math.Min(_rounds, 3)));

        Print(closed);
        Print(open);
        Faults.Print(swaps, redis, overload);
        arguments.Write("serving", new { Rounds = _rounds, Quick = _quick, Versions = await VersionsAsync(), Closed = closed, HalfCapacity = open, Swaps = swaps, RedisKilled = redis, Overload = overload });
    }

    private static async Task<object> VersionsAsync() => new
    {
        Node = (await Contender.LoadAsync("node", "--version")).Trim(),
        Redis = (await Contender.LoadAsync("redis-server", "--version")).Trim(),
        OnnxRuntime = OrtEnv.Instance().GetVersionString(),
    };

    private static async Task<IReadOnlyList<ClosedResult>> ClosedAsync(Arena arena, string bundle, int size, int rounds)
    {
        var forms = new List<Bodies>();
        foreach (var form in Form.All)
            forms.Add(await arena.BodiesAsync(form, size));

        var measured = new Dictionary<(Contender, Bodies, int Connections), List<ClosedLoop>>();
        // The first round warms all of them up and does not count.
        for (var round = -1; round < rounds; round++)
        {
            foreach (var connections in new[] { Connections, 1 })
            {
                foreach (var bodies in forms)
                {
                    foreach (var contender in new[] { arena.Ours, arena.Node, arena.Floor }.Where(contender => contender != arena.Node || bodies.Form.InNode))
                    {
                        var result = await ClosedLoop.RunAsync(contender, arena.Target(contender, bodies), bodies, connections, SecondsEach);
                        if (result.Failures > 0)
                            throw new InvalidOperationException($"{contender.Name} failed {result.Failures} requests in {bodies.Form.Name}.");
                        if (round < 0)
                            continue;
                        if (!measured.TryGetValue((contender, bodies, connections), out var list))
                            measured.Add((contender, bodies, connections), list = []);
                        list.Add(result);
                    }
                }
            }

            arena.ClearEvents();
        }

        return [.. forms.Select(bodies =>
        {
            var reference = bodies.Form.InNode ? bodies : forms[0];
            return new ClosedResult(
                bundle, arena.Tasks, size, bodies.Form.Name, rounds,
                new Figures(
                    Spread.Of(PerSecond(arena.Ours, bodies)), Spread.Of(PerSecond(arena.Node, reference)), Spread.Of(PerSecond(arena.Floor, bodies)),
                    Spread.OfRatios(PerSecond(arena.Ours, bodies), PerSecond(arena.Node, forms[0])),
                    Spread.OfRatios(PerSecond(arena.Ours, bodies), PerSecond(arena.Node, reference)),
                    Spread.OfRatios(PerSecond(arena.Floor, bodies), PerSecond(arena.Node, forms[0]))),
                new Figures(
                    Spread.Of(P50(arena.Ours, bodies)), Spread.Of(P50(arena.Node, reference)), Spread.Of(P50(arena.Floor, bodies)),
                    Spread.OfRatios(P50(arena.Node, forms[0]), P50(arena.Ours, bodies)),
                    Spread.OfRatios(P50(arena.Node, reference), P50(arena.Ours, bodies)),
                    Spread.OfRatios(P50(arena.Ours, bodies), P50(arena.Floor, bodies))),
                new Processors(Processor(arena.Ours, bodies), Processor(arena.Node, reference), Processor(arena.Floor, bodies)));
        })];

        IEnumerable<double> PerSecond(Contender contender, Bodies bodies) => measured[(contender, bodies, Connections)].Select(result => result.PerSecond);
        double Processor(Contender contender, Bodies bodies) => Spread.Of(measured[(contender, bodies, Connections)].Select(result => result.Processor)).Median;
        IEnumerable<double> P50(Contender contender, Bodies bodies) => measured[(contender, bodies, 1)].Select(result => result.P50);
    }

    private async Task<IReadOnlyList<OpenResult>> OpenAsync(Arena arena, string bundle, IReadOnlyList<ClosedResult> closed)
    {
        var results = new List<OpenResult>();
        foreach (var form in Form.All)
        {
            var bodies = await arena.BodiesAsync(form, Size);
            var perSecond = closed.First(result => result.Form == form.Name && result.Candidates == Size).Throughput.Ours.Median / 2;
            var rounds = new List<OpenRound>();
            for (var round = 0; round < Math.Min(_rounds, 3); round++)
            {
                var before = await Runtime.ReadAsync(arena.Ours.Http);
                var loop = OpenLoop.Run(arena.Target(arena.Ours, bodies), bodies, perSecond, _openRequests);
                var runtime = (await Runtime.ReadAsync(arena.Ours.Http)).Since(before);
                rounds.Add(new OpenRound(
                    loop.Percentile(0.5), loop.Percentile(0.99), loop.Percentile(0.999), loop.Percentile(1), loop.Failures,
                    runtime.Gen0, runtime.Gen1, runtime.Gen2, runtime.Allocated / _openRequests));
                arena.ClearEvents();
            }

            results.Add(new OpenResult(
                bundle, Size, form.Name, perSecond, _openRequests,
                Spread.Of(rounds.Select(round => round.P99 / round.P50)), Spread.Of(rounds.Select(round => round.AllocatedPerCall)), rounds));
        }

        return results;
    }

    private static void Print(IReadOnlyList<ClosedResult> results)
    {
        var table = new Table().AddColumns(
            "bundle", "N", "K", "form", "ours/s", "node/s", "floor/s", "ours : node rows", "ours : node", "floor : node rows", "p50 us", "node", "floor", "p50 ours : floor", "cpu us", "node", "floor");
        foreach (var result in results)
        {
            table.AddRow(
                result.Bundle, Whole(result.Candidates), Whole(result.Tasks), result.Form, Whole(result.Throughput.Ours.Median), Whole(result.Throughput.Node.Median),
                Whole(result.Throughput.Floor.Median), Escaped(result.Throughput.ToNodeRows), Escaped(result.Throughput.ToNode), Escaped(result.Throughput.Floors),
                Whole(result.P50Microseconds.Ours.Median), Whole(result.P50Microseconds.Node.Median), Whole(result.P50Microseconds.Floor.Median),
                Escaped(result.P50Microseconds.Floors), Whole(result.ProcessorMicroseconds.Ours), Whole(result.ProcessorMicroseconds.Node), Whole(result.ProcessorMicroseconds.Floor));
        }

        Console(table);
    }

    private static void Print(IReadOnlyList<OpenResult> results)
    {
        var table = new Table().AddColumns("half capacity", "form", "per s", "p50 us", "p99 us", "p99 : p50", "max us", "failed", "gen0/1/2", "KB a call");
        foreach (var result in results)
        {
            var middle = result.Rounds.OrderBy(round => round.P99 / round.P50).ElementAt(result.Rounds.Count / 2);
            table.AddRow(
                result.Bundle, result.Form, Whole(result.PerSecond), Whole(middle.P50), Whole(middle.P99), Escaped(result.P99ToP50), Whole(middle.Max), Whole(middle.Failures),
                $"{middle.Gen0}/{middle.Gen1}/{middle.Gen2}", (result.AllocatedPerCall.Median / 1024).ToString("0.0", CultureInfo.InvariantCulture));
        }

        Console(table);
    }

    private static void Console(Table table)
    {
        var console = AnsiConsole.Console;
        console.Profile.Width = 220;
        console.Write(table.Border(TableBorder.Markdown));
    }

    private static string Whole(double value) => value.ToString("0", CultureInfo.InvariantCulture);

    private static string Escaped(Spread spread) => Markup.Escape(spread.ToString());
}

/// <summary>One form at one size, under a closed loop.</summary>
internal sealed record ClosedResult(string Bundle, int Tasks, int Candidates, string Form, int Rounds, Figures Throughput, Figures P50Microseconds, Processors ProcessorMicroseconds);

/// <summary>Processor time of a request, in microseconds, at full load.</summary>
internal sealed record Processors(double Ours, double Node, double Floor);

/// <summary>A figure of all contenders, and the ratios by which it is judged, above 1 where ours is better.</summary>
/// <param name="Ours">The service's.</param>
/// <param name="Node">The reference's, in the same form where it reads it, else in rows.</param>
/// <param name="Floor">The floor's.</param>
/// <param name="ToNodeRows">Ours against the reference in rows.</param>
/// <param name="ToNode">Ours against the reference in the same form.</param>
/// <param name="Floors">Throughput: the floor against the reference in rows, which no service could exceed. Latency: ours as a multiple of the floor's.</param>
internal sealed record Figures(Spread Ours, Spread Node, Spread Floor, Spread ToNodeRows, Spread ToNode, Spread Floors);

/// <summary>One form at half of the service's capacity, at a constant rate.</summary>
internal sealed record OpenResult(
    string Bundle, int Candidates, string Form, double PerSecond, int Requests, Spread P99ToP50, Spread AllocatedPerCall, IReadOnlyList<OpenRound> Rounds);

/// <summary>Latencies in microseconds, collections, and bytes allocated a call.</summary>
internal sealed record OpenRound(
    double P50, double P99, double P999, double Max, int Failures, double Gen0, double Gen1, double Gen2, double AllocatedPerCall);
