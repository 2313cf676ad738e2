using System.Globalization;

namespace MTRec.Benchmarks.Serving;

/// <summary>What wrk measured: connections that each send the next request when the answer has come.</summary>
/// <param name="PerSecond">Requests a second.</param>
/// <param name="Failures">Requests without a good answer.</param>
/// <param name="P50">Median latency, in microseconds.</param>
/// <param name="Processor">Processor time of the service a request, in microseconds: other work on the machine does not lengthen it.</param>
internal sealed record ClosedLoop(double PerSecond, long Failures, double P50, double Processor)
{
    /// <summary>Loads a path.</summary>
    /// <param name="contender">The service.</param>
    /// <param name="target">The path's whole address.</param>
    /// <param name="bodies">The requests.</param>
    /// <param name="connections">Connections.</param>
    /// <param name="seconds">Duration.</param>
    public static async Task<ClosedLoop> RunAsync(Contender contender, Uri target, Bodies bodies, int connections, int seconds)
    {
        var before = contender.ProcessorSeconds;
        var output = await Contender.LoadAsync(
            "wrk", "-t1", $"-c{connections}", $"-d{seconds}s", "-s", Path.Combine(AppContext.BaseDirectory, "load.lua"), target.ToString(),
            "--", bodies.Folder, $"{bodies.All.Count}", bodies.MediaType);
        var used = contender.ProcessorSeconds - before;
        var result = output.Split('\n').First(line => line.StartsWith("result ", StringComparison.Ordinal)).Split(' ')[1..]
            .Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray();
        if (result[0] == 0)
            throw new InvalidOperationException($"{contender.Name} answered nothing within {seconds} s: the machine is too busy to measure on.");
        return new ClosedLoop(result[0] / (result[2] / 1e6), (long)result[1], result[3], used / result[0] * 1e6);
    }
}

/// <summary>Request bodies of one form and size, in memory and in files.</summary>
internal sealed class Bodies
{
    /// <summary>Writes them to a folder of their own below <paramref name="parent"/>.</summary>
    public Bodies(string parent, Form form, int candidates, IReadOnlyList<RankRequest> requests)
    {
        Form = form;
        Candidates = candidates;
        Folder = Path.Combine(parent, $"{form.Name}-{candidates}");
        Directory.CreateDirectory(Folder);
        All = [.. requests.Select(form.Write)];
        for (var i = 0; i < All.Count; i++)
            File.WriteAllBytes(Path.Combine(Folder, $"{i}"), All[i]);
    }

    /// <summary>The form.</summary>
    public Form Form { get; }

    /// <summary>N.</summary>
    public int Candidates { get; }

    /// <summary>The bodies' folder: files 0, 1, ...</summary>
    public string Folder { get; }

    /// <summary>The bodies.</summary>
    public IReadOnlyList<byte[]> All { get; }

    /// <summary>Their Content-Type.</summary>
    public string MediaType => Form.MediaType;
}
