using System.Text.Json;
using System.Text.RegularExpressions;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests.Deploy;

/// <summary>What can be said of the Dockerfile without a container engine.</summary>
public sealed partial class DockerfileTests : IDisposable
{
    private static readonly string File = Continuation().Replace(DeployFiles.Text("Dockerfile"), " ");

    private readonly TemporaryFolder _folder = new();

    private static Dictionary<string, string> Arguments =>
        Argument().Matches(File).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.Ordinal);

    /// <summary>Stages by name: the image that it starts from and its text.</summary>
    private static Dictionary<string, (string From, string Text)> Stages =>
        Stage().Matches(File).ToDictionary(match => match.Groups[2].Value, match => (match.Groups[1].Value, match.Groups[3].Value), StringComparer.Ordinal);

    [Fact]
    public void Base_images_have_tags_that_name_a_version()
    {
        Assert.Equal(["source", "build-service", "build-trainer", "trainer", "trainer-mpi", "service"], Stages.Keys);
        Assert.All(Stages.Values, stage => Assert.True(Stages.ContainsKey(stage.From) || PinnedImage().IsMatch(Resolved(stage.From)), stage.From));
        Assert.All(BaseLabel().Matches(File), label => Assert.Contains(label.Groups[1].Value, Stages.Values.Select(stage => Resolved(stage.From))));
    }

    [Fact]
    public void The_SDK_is_one_that_the_repository_builds_with()
    {
        using var wanted = JsonDocument.Parse(DeployFiles.Text("global.json"));
        var least = Version.Parse(wanted.RootElement.GetProperty("sdk").GetProperty("version").GetString()!);
        var sdk = Version.Parse(Arguments["SDK_VERSION"]);
        Assert.True(sdk >= least && sdk.Major == least.Major && sdk.Minor == least.Minor);
    }

    [Theory]
    [InlineData("service")]
    [InlineData("trainer")]
    [InlineData("trainer-mpi")]
    public void Images_run_as_a_user_who_is_not_root(string target) =>
        Assert.Equal("$APP_UID", User().Matches(Stages[target].Text).Last().Groups[1].Value);

    [Fact]
    public void What_is_copied_is_there_and_reaches_the_builder()
    {
        var admitted = DeployFiles.Text(".dockerignore").Split('\n').Where(line => line.StartsWith('!')).Select(line => line[1..].TrimEnd('/')).ToArray();
        var copied = Copy().Matches(File).SelectMany(match => match.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries)[..^1]).Select(path => path.TrimEnd('/')).ToArray();

        Assert.True(copied.Length >= 6);
        Assert.All(copied, path => Assert.True(Path.Exists(DeployFiles.Full(path)), path));
        Assert.Equal(admitted.Order(StringComparer.Ordinal), copied.Order(StringComparer.Ordinal));
    }

    [ShippedBundleFact]
    public async Task The_health_check_succeeds_while_the_service_is_ready_and_fails_otherwise()
    {
        var service = await RunningService.StartAsync(registry: null, Path.Combine(_folder.Path, "events"));
        var port = service.Http.BaseAddress!.Port;
        using (service)
            Assert.Equal(0, await HealthAsync(port));
        Assert.NotEqual(0, await HealthAsync(port));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<int> HealthAsync(int port)
    {
        var command = JsonSerializer.Deserialize<string[]>(HealthCheck().Match(File).Groups[1].Value.Replace("/5080", $"/{port}", StringComparison.Ordinal))!;
        using var check = RunningProcess.Start(command[0], command[1..]);
        return await check.EndAsync(TimeSpan.FromSeconds(30));
    }

    private static string Resolved(string image) => Use().Replace(image, match => Arguments[match.Groups[1].Value]);

    [GeneratedRegex(@"\\\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"^ARG ([A-Z_]+)=(\S+)", RegexOptions.Multiline)]
    private static partial Regex Argument();

    [GeneratedRegex(@"^FROM (\S+) AS (\S+)\n(.*?)(?=^FROM |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Stage();

    [GeneratedRegex(@"\$\{([A-Z_]+)\}")]
    private static partial Regex Use();

    [GeneratedRegex(@"^mcr\.microsoft\.com/dotnet/(sdk|runtime|aspnet):[0-9]+\.[0-9]+\.[0-9]+-[a-z]+$")]
    private static partial Regex PinnedImage();

    [GeneratedRegex("base\\.name=\"([^\"]+)\"")]
    private static partial Regex BaseLabel();

    [GeneratedRegex(@"^USER (\S+)", RegexOptions.Multiline)]
    private static partial Regex User();

    [GeneratedRegex(@"^COPY (?!--from)(?:--\S+ )?(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();

    [GeneratedRegex(@"^HEALTHCHECK .*?CMD (\[.*\])$", RegexOptions.Multiline)]
    private static partial Regex HealthCheck();
}
