using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Serving.OpenApi;
using MTRec.Testing;

namespace MTRec.Serving.Tests;

/// <summary>The service on a free port of this machine, over real Kestrel and real ONNX Runtime, with a registry and an event log of its own.</summary>
public sealed class RankApp : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Exact = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
    };

    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    private RankApp()
    {
    }

    public HttpClient Client { get; private set; } = new();

    public string Registry => Path.Combine(_folder.Path, "registry");

    public string EventFolder => Path.Combine(_folder.Path, "events");

    public IServiceProvider Services => _app!.Services;

    /// <summary>Starts the service and waits until it is ready.</summary>
    public static Task<RankApp> StartAsync(params string[] settings) => StartAsync(registry => TestBundles.Publish(registry), null, settings);

    internal static async Task<RankApp> StartAsync(Action<string> publish, Action<IServiceCollection>? replace, params string[] settings)
    {
        var app = await LaunchAsync(publish, replace, settings);
        await app.ReadyAsync();
        return app;
    }

    internal static async Task<RankApp> LaunchAsync(Action<string> publish, Action<IServiceCollection>? replace, params string[] settings)
    {
        var app = new RankApp();
        publish(app.Registry);
        app._app = ServingApp.Build(
            [
                "--urls", "http://127.0.0.1:0",
                $"--Registry:Path={app.Registry}",
                $"--EventLog:Folder={app.EventFolder}",
                "--Serilog:MinimumLevel:Default=Fatal",
                "--Service:DrainTime=00:00:00",
                .. settings,
            ],
            replace);
        await app._app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        // Who listens on every address is called on one of them.
        address = address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        app.Client = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(1) };
        return app;
    }

    public Task ReadyAsync() => Eventually.TrueAsync(
        async () =>
        {
            using var answer = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative));
            return answer.IsSuccessStatusCode;
        },
        () => "The service did not get ready.");

    /// <summary>A rank call that must succeed; its answer must have exactly the members of the contract.</summary>
    public async Task<RankAnswer> RankAsync(JsonNode request)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/v1/rank", request.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<RankAnswer>(text, Exact)!;
    }

    public async Task<FeedbackAnswer> FeedbackAsync(params JsonNode[] events)
    {
        using var answer = await SendAsync(HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(events) }.ToJsonString());
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.Accepted, text);
        return JsonSerializer.Deserialize<FeedbackAnswer>(text, Exact)!;
    }

    /// <summary>The user's session, or null where none is remembered.</summary>
    public async Task<SessionAnswer?> SessionAsync(string userId)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/v1/users/{userId}/session");
        return answer.StatusCode == System.Net.HttpStatusCode.NotFound ? null : await ReadAsync<SessionAnswer>(answer);
    }

    public async Task ForgetAsync(string userId)
    {
        using var answer = await SendAsync(HttpMethod.Delete, $"/v1/users/{userId}/session");
        Assert.Equal(System.Net.HttpStatusCode.NoContent, answer.StatusCode);
    }

    public async Task<T> GetAsync<T>(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        return await ReadAsync<T>(answer);
    }

    public async Task<T> PostAsync<T>(string path)
    {
        using var answer = await SendAsync(HttpMethod.Post, path);
        return await ReadAsync<T>(answer);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null, string contentType = "application/json") =>
        SendAsync(method, path, json is null ? null : Encoding.UTF8.GetBytes(json), contentType);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, string? contentType)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        }

        return await Client.SendAsync(request);
    }

    /// <summary>Stops the service as SIGTERM does, and reads what it logged.</summary>
    public async Task<IReadOnlyList<LoggedEvent>> StopAndReadEventsAsync()
    {
        await _app!.StopAsync();
        return EventFiles.Read(EventFolder);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            // What still writes would write into a folder that is being removed.
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        _folder.Dispose();
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == System.Net.HttpStatusCode.OK, text);
        return JsonSerializer.Deserialize<T>(text, Exact)!;
    }
}
