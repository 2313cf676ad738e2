using System.Globalization;
using MTRec.Testing;

namespace MTRec.Benchmarks.Serving;

/// <summary>A service under measurement, alone on its core, on a port of its own.</summary>
internal sealed class Contender : IDisposable
{
    // The load and Redis have the other core, so that no contender gains by letting them wait.
    private const string ServiceCore = "0";
    private const string LoadCore = "1";

    private readonly RunningProcess _process;

    private Contender(string name, Uri address, RunningProcess process)
    {
        Name = name;
        Address = address;
        _process = process;
        Http = new HttpClient { BaseAddress = address };
    }

    /// <summary>Its name in tables.</summary>
    public string Name { get; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Speaks to it, outside of measurements.</summary>
    public HttpClient Http { get; }

    /// <summary>Processor time that it has used, in seconds.</summary>
    public double ProcessorSeconds => _process.ProcessorSeconds;

    /// <summary>Memory that it has resident.</summary>
    public long ResidentBytes => _process.ResidentBytes;

    /// <summary>Starts a service and waits until it answers at <paramref name="probe"/>, whatever it answers there.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="probe">A path.</param>
    /// <param name="command">The program and its arguments; <c>{port}</c> stands for the port.</param>
    public static async Task<Contender> StartAsync(string name, string probe, params string[] command)
    {
        var port = FreePort.Find();
        var arguments = command.Select(argument => argument.Replace("{port}", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
        var contender = new Contender(name, new Uri($"http://127.0.0.1:{port}"), RunningProcess.Start("taskset", ["-c", ServiceCore, .. arguments]));
        for (var deadline = DateTime.UtcNow.AddMinutes(1); !await contender.AnswersAsync(probe); await Task.Delay(50))
        {
            if (!contender._process.HasEnded && DateTime.UtcNow < deadline)
                continue;
            contender.Dispose();
            throw new InvalidOperationException($"{name} did not start:\n{contender._process.Said}");
        }

        return contender;
    }

    /// <summary>Runs a program on the load's core to its end.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> LoadAsync(params string[] command)
    {
        using var process = RunningProcess.Start("taskset", ["-c", LoadCore, .. command]);
        return await process.EndAsync() == 0 ? process.Output : throw new InvalidOperationException(process.Said);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
    }

    private async Task<bool> AnswersAsync(string probe)
    {
        try
        {
            using var answer = await Http.GetAsync(probe);
            return answer.StatusCode != System.Net.HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
