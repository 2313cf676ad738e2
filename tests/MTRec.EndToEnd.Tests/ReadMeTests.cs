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
    public async Task Every_script_and_file_that_the_README_names_is_there()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        var named = NamedFile().Matches(readme).Select(match => match.Value).Distinct().ToArray();

        Assert.NotEmpty(named);
        Assert.All(named, file => Assert.True(Path.Exists(Path.Combine(SharedData.RepositoryRoot, file)), $"{file} does not exist."));
    }

    public void Dispose() => _folder.Dispose();

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

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"\b(?:deploy|src|tests)/[A-Za-z0-9._/-]*[A-Za-z0-9]")]
    private static partial Regex NamedFile();
}
