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
        AssertSame(shown, answer, "$");
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

    private static void AssertSame(JsonNode? shown, JsonNode? actual, string path)
    {
        switch (shown)
        {
            case JsonObject members:
                var other = Assert.IsType<JsonObject>(actual);
                Assert.Equal(members.Select(member => member.Key), other.Select(member => member.Key));
                foreach (var (name, value) in members)
                    AssertSame(value, other[name], $"{path}.{name}");
                break;
            case JsonArray elements:
                Assert.Equal(elements.Count, Assert.IsType<JsonArray>(actual).Count);
                for (var i = 0; i < elements.Count; i++)
                    AssertSame(elements[i], actual![i], $"{path}[{i}]");
                break;
            case JsonValue number when number.GetValueKind() == System.Text.Json.JsonValueKind.Number:
                Assert.True(Math.Abs((double)number - (double)actual!) < 1e-3, $"{path}: {number} is shown, {actual} is answered.");
                break;
            default:
                Assert.Equal(shown?.ToJsonString(), actual?.ToJsonString());
                break;
        }
    }

    [GeneratedRegex(@"curl [^\n]*/v1/rank.*?-d '(.*?)'", RegexOptions.Singleline)]
    private static partial Regex CurlBody();

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    [GeneratedRegex(@"\b(?:deploy|src|tests)/[A-Za-z0-9._/-]*[A-Za-z0-9]")]
    private static partial Regex NamedFile();
}
