using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary>What the README shows is what the service does.</summary>
public sealed partial class ReadMeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [ShippedBundleFact]
    public async Task The_request_in_the_README_gets_the_answer_in_the_README()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var request = JsonNode.Parse(CurlBody().Match(readme).Groups[1].Value)!;
        var shown = JsonNode.Parse(JsonBlock().Match(readme).Groups[1].Value)!;
        using var service = await RunningService.StartAsync(registry: null, Path.Combine(_folder.Path, "events"));
        var answer = await service.PostAsync("v1/rank", request);

        // A new id each time.
        answer["requestId"] = shown["requestId"]!.DeepClone();
        var difference = Difference(shown, answer, "$");
        Assert.True(difference is null, $"{difference} The whole answer: {answer.ToJsonString()}");
    }

    [ShippedBundleFact]
    public async Task The_request_in_protobuf_gets_the_same_answer()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var shown = JsonNode.Parse(JsonBlock().Match(readme).Groups[1].Value)!;
        using var service = await RunningService.StartAsync(registry: null, Path.Combine(_folder.Path, "events"));
        var commands = ProtobufCommands().Match(readme).Groups[1].Value.Replace("http://127.0.0.1:5080", service.Http.BaseAddress!.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal);
        using var shell = RunningProcess.Start("sh", "-c", $"PATH=\"{ProtocFolder()}:$PATH\"\n{commands}");

        Assert.True(await shell.EndAsync() == 0, shell.Said);
        var items = shown["items"]!.AsArray();
        var lines = shell.Output.Split('\n');
        Assert.Equal(items.Select(item => $"item_ids: {item!["itemId"]!.ToJsonString()}"), lines.Where(line => line.StartsWith("item_ids", StringComparison.Ordinal)));
        Assert.Equal(
            items.Select(item => (double)item!["score"]!),
            lines.Where(line => line.StartsWith("scores: ", StringComparison.Ordinal)).Select(line => double.Parse(line["scores: ".Length..], CultureInfo.InvariantCulture)),
            (score, other) => Math.Abs(score - other) < 1e-3);
    }

    [ShippedBundleFact]
    public async Task Every_script_and_file_that_the_README_names_is_there()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var named = NamedFile().Matches(readme).Select(match => match.Value).Distinct().ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, file => Assert.True(Path.Exists(Path.Combine(SharedData.RepositoryRoot, file)), $"{file} does not exist."));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The folder of the protobuf compiler that the build itself uses.</summary>
    private static string ProtocFolder()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var system = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux_arm64" : "linux_x64";
        return Path.GetDirectoryName(Directory.EnumerateFiles(Path.Combine(packages, "grpc.tools"), "protoc", SearchOption.AllDirectories)
            .First(file => file.Contains(system, StringComparison.Ordinal)))!;
    }

    /// <summary>The first difference, or null; the README rounds.</summary>
    private static string? Difference(JsonNode? shown, JsonNode? actual, string path) => (shown, actual) switch
    {
        (JsonObject members, JsonObject others) when members.Select(member => member.Key).SequenceEqual(others.Select(other => other.Key)) =>
            members.Select(member => Difference(member.Value, others[member.Key], $"{path}.{member.Key}")).FirstOrDefault(difference => difference is not null),
        (JsonArray elements, JsonArray others) when elements.Count == others.Count =>
            elements.Select((element, i) => Difference(element, others[i], $"{path}[{i}]")).FirstOrDefault(difference => difference is not null),
        (JsonValue number, JsonValue other) when number.GetValueKind() == JsonValueKind.Number && Math.Abs((double)number - (double)other) < 1e-3 => null,
        _ => shown?.ToJsonString() == actual?.ToJsonString() ? null : $"{path}: {shown?.ToJsonString()} is shown, {actual?.ToJsonString()} is answered.",
    };

    [GeneratedRegex(@"curl [^\n]*/v1/rank.*?-d '(.*?)'", RegexOptions.Singleline)]
    private static partial Regex CurlBody();

    [GeneratedRegex(@"```sh\n(proto=.*?)```", RegexOptions.Singleline)]
    private static partial Regex ProtobufCommands();

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"\b(?:deploy|src|tests)/[A-Za-z0-9._/-]*[A-Za-z0-9]")]
    private static partial Regex NamedFile();
}
