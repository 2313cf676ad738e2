using System.Net.Http.Json;
using System.Text.Json.Nodes;
using MTRec.Testing;

namespace MTRec.EndToEnd.Tests;

/// <summary>The built service on a port of its own, with an event log of its own.</summary>
internal sealed class RunningService : IDisposable
{
    private RunningService(RunningProcess process, Uri address)
    {
        Process = process;
        Http = new HttpClient { BaseAddress = address };
    }

    public RunningProcess Process { get; }

    public HttpClient Http { get; }

    /// <summary>Starts the service and waits until it can rank.</summary>
    /// <param name="registry">The registry to serve from; the one in the repository where null.</param>
    /// <param name="events">The folder of the event log.</param>
    public static async Task<RunningService> StartAsync(string? registry, string events)
    {
        var address = $"http://127.0.0.1:{FreePort.Find()}";
        string[] arguments = ["--urls", address, "--EventLog:Folder", events];
        var process = Programs.Serve(registry is null ? arguments : [.. arguments, "--Registry:Path", registry]);
        return await StartedAsync(process, new Uri(address));
    }

    /// <summary>Waits until a service that is starting can rank.</summary>
    public static async Task<RunningService> StartedAsync(RunningProcess process, Uri address)
    {
        var service = new RunningService(process, address);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await service.IsReadyAsync())
        {
            if (process.HasEnded || patience.IsCancellationRequested)
            {
                service.Dispose();
                throw new InvalidOperationException($"The service did not become ready:\n{process.Said}");
            }

            await Task.Delay(50);
        }

        return service;
    }

    /// <summary>Posts JSON and returns the answer, which must be a success.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode body)
    {
        using var answer = await Http.PostAsJsonAsync(path, body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new InvalidOperationException($"{path}: {(int)answer.StatusCode} {text}");
    }

    public void Dispose()
    {
        Http.Dispose();
        Process.Dispose();
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var answer = await Http.GetAsync("health/ready");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
