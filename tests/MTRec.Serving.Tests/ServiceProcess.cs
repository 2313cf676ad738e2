using MTRec.Testing;

namespace MTRec.Serving.Tests;

/// <summary>The service as a process of its own, with a registry and an event log of its own.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RunningProcess _process;

    private ServiceProcess(string[] settings)
    {
        var registry = Path.Combine(_folder.Path, "deploy", "registry");
        TestBundles.Publish(registry);
        _process = RunningProcess.StartIn(
            _folder.Path, "dotnet", [Path.Combine(AppContext.BaseDirectory, "MTRec.Serving.dll"), "--urls=http://127.0.0.1:0", $"--Registry:Path={registry}", .. settings]);
    }

    /// <summary>Calls it.</summary>
    public HttpClient Client { get; private set; } = new();

    /// <summary>All that it has said.</summary>
    public string Said => _process.Said;

    /// <summary>Starts it and waits until it is ready.</summary>
    public static async Task<ServiceProcess> StartAsync(params string[] settings)
    {
        var service = new ServiceProcess(settings);
        await service.ReadyAsync();
        return service;
    }

    /// <summary>Sends it a signal by its name, such as KILL.</summary>
    public void Signal(string name) => _process.Signal(name);

    /// <summary>Ends it as SIGTERM does.</summary>
    public async Task<int> StopAsync()
    {
        _process.Signal("TERM");
        return await _process.EndAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Client.Dispose();
        _process.Dispose();
        _folder.Dispose();
    }

    private async Task ReadyAsync()
    {
        const string Sign = "Now listening on: ";
        string? address;
        while ((address = Said.Split('\n').FirstOrDefault(line => line.Contains(Sign, StringComparison.Ordinal))?.Split(Sign)[1].Split(' ')[0].Trim()) is null)
            await PatienceAsync();
        Client.Dispose();
        Client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(1) };
        while (true)
        {
            using var answer = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            if (answer.IsSuccessStatusCode)
                return;
            await PatienceAsync();
        }
    }

    private async Task PatienceAsync()
    {
        Assert.False(_process.HasEnded, Said);
        await Task.Delay(50);
    }
}
