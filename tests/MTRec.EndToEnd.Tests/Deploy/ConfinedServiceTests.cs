using System.Text.Json.Nodes;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>The service as its image and its pod run it, with its settings linked to a mounted folder whose contents Kubernetes replaces by a link.</summary>
public sealed class ConfinedServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Settings => Path.Combine(_folder.Path, "config");

    [ConfinedFact]
    public async Task It_runs_without_rights_on_a_read_only_root_and_follows_its_mounted_settings()
    {
        using var service = await StartAsync();
        Assert.Equal(["first"], await ExperimentsAsync(service));
        Assert.NotEmpty((await RankAsync(service))["items"]!.AsArray());

        await MountAsync("v2", Experiment("second"));
        await Eventually.TrueAsync(async () => (await ExperimentsAsync(service))[0] == "second", service.Process, TimeSpan.FromMilliseconds(500));

        // Files are looked at every four seconds.
        await MountAsync("v3", """{ "Experiments": { "Layers": """);
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.Equal(["second"], await ExperimentsAsync(service));
        Assert.NotEmpty((await RankAsync(service))["items"]!.AsArray());

        service.Process.Signal("TERM");
        Assert.Equal(0, await service.Process.EndAsync());
        Assert.Contains("\"type\":\"exposure\"", await File.ReadAllTextAsync(Directory.GetFiles(Path.Combine(_folder.Path, "events")).Single()), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static string Experiment(string name) =>
        $$$$"""{ "Experiments": { "Layers": { "l": { "Experiments": { "{{{{name}}}}": { "Variants": { "control": { "Percentage": 100 } } } } } } } }""";

    private static async Task<string[]> ExperimentsAsync(RunningService service)
    {
        var answer = JsonNode.Parse(await service.Http.GetStringAsync(new Uri("v1/experiments", UriKind.Relative)))!;
        return [.. answer["experiments"]!.AsArray().Select(experiment => (string)experiment!["name"]!)];
    }

    private static Task<JsonNode> RankAsync(RunningService service) => service.PostAsync(
        "v1/rank", JsonNode.Parse("""{ "userId": "u-1", "candidates": [ { "itemId": "v-1", "scores": [0.3, 0.1, 0.2] } ] }""")!);

    // As Kubernetes does: the files lie in a folder of their own, and a link to it is replaced in one step.
    private async Task MountAsync(string version, string settings)
    {
        var data = Path.Combine(Settings, $"..{version}");
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "appsettings.json"), settings);
        var link = Path.Combine(Settings, "..data");
        File.CreateSymbolicLink(link + "_next", $"..{version}");
        using var replace = RunningProcess.Start("mv", "-T", link + "_next", link);
        Assert.Equal(0, await replace.EndAsync());
    }

    private async Task<RunningService> StartAsync()
    {
        TestBundles.Publish(Path.Combine(_folder.Path, "registry"));
        Directory.CreateDirectory(Settings);
        await MountAsync("v1", Experiment("first"));
        File.CreateSymbolicLink(Path.Combine(Settings, "appsettings.json"), "..data/appsettings.json");
        var port = FreePort.Find();
        // Microsoft's image sets the ports 8080 itself.
        var process = ConfinedProgram.Start(
            _folder.Path,
            "MTRec.Serving",
            prepare: $"ln -s '{Settings}/appsettings.json' app/appsettings.Production.json",
            writable: "events registry",
            environment: $"""
                ASPNETCORE_HTTP_PORTS=8080 ASPNETCORE_URLS=http://127.0.0.1:{port} DOTNET_USE_POLLING_FILE_WATCHER=1 \
                  Registry__Path="$PWD/registry" EventLog__Folder="$PWD/events"
                """,
            arguments: "MTRec.Serving.dll");
        return await RunningService.StartedAsync(process, new Uri($"http://127.0.0.1:{port}"));
    }
}
