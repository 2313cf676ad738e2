using System.Text;
using MTRec.Serving.Tests.Operations;
using MTRec.Testing;

namespace MTRec.Serving.Tests;

/// <summary>The service as a process of its own, with a registry and an event log of its own.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunningProcess _process;

    private ServiceProcess(Action<string> publish, string[] through, string[] settings)
    {
        publish(Registry);
        string[] command =
        [
            .. through, "dotnet", Path.Combine(AppContext.BaseDirectory, "MTRec.Serving.dll"),
            "--urls=http://127.0.0.1:0", $"--Registry:Path={Registry}", "--Service:DrainTime=00:00:00", .. settings,
        ];
        _process = RunningProcess.StartIn(_folder.Path, command[0], command[1..]);
    }

    /// <summary>Calls it.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>Its bundles.</summary>
    public string Registry => Path.Combine(_folder.Path, "deploy", "registry");

    /// <summary>Its event files, where the settings name no other folder.</summary>
    public string Events => Path.Combine(_folder.Path, "var", "events");

    /// <summary>All that it has said.</summary>
    public string Said => _process.Said;

    /// <summary>Processor time that it has used, in seconds.</summary>
    public double ProcessorSeconds => _process.ProcessorSeconds;

    /// <summary>Its id.</summary>
    public int Id => _process.Id;

    /// <summary>Starts it and waits until it is ready.</summary>
    public static Task<ServiceProcess> StartAsync(params string[] settings) => StartAsync(registry => TestBundles.Publish(registry), [], settings);

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="publish">Fills the registry.</param>
    /// <param name="through">A program that starts it, with its arguments; none where empty.</param>
    /// <param name="settings">Its configuration.</param>
    public static async Task<ServiceProcess> StartAsync(Action<string> publish, string[] through, params string[] settings)
    {
        var service = await LaunchAsync(publish, through, settings);
        await service.ReadyAsync();
        return service;
    }

    /// <summary>Starts it and waits until it listens.</summary>
    /// <inheritdoc cref="StartAsync(Action{string}, string[], string[])"/>
    public static async Task<ServiceProcess> LaunchAsync(Action<string> publish, string[] through, params string[] settings)
    {
        const string Sign = "Now listening on: ";
        var service = new ServiceProcess(publish, through, settings);
        string? address;
        while ((address = service.Said.Split('\n').FirstOrDefault(line => line.Contains(Sign, StringComparison.Ordinal))?.Split(Sign)[1].Split(' ')[0].Trim()) is null)
            await service.PatienceAsync();
        service.Client.Dispose();
        service.Client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(1) };
        return service;
    }

    /// <summary>Waits until it is ready.</summary>
    public async Task ReadyAsync()
    {
        while (true)
        {
            using var answer = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            if (answer.IsSuccessStatusCode)
                return;
            await PatienceAsync();
        }
    }

    /// <summary>Calls it once.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await Client.SendAsync(request);
    }

    /// <summary>Its metrics now.</summary>
    public async Task<PrometheusSamples> MetricsAsync() => PrometheusSamples.Parse(await Client.GetStringAsync(new Uri("/metrics", UriKind.Relative)));

    /// <summary>Sends a signal by its name.</summary>
    public void Signal(string name) => _process.Signal(name);

    /// <summary>Waits for its end.</summary>
    public Task<int> EndAsync() => _process.EndAsync();

    /// <summary>Ends it as SIGTERM does.</summary>
    public Task<int> StopAsync()
    {
        Signal("TERM");
        return EndAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task PatienceAsync()
    {
        Assert.False(_process.HasEnded, Said);
        await Task.Delay(50);
    }
}
