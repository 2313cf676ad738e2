using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MTRec.Testing;
using Xunit;

namespace MTRec.EndToEnd.Tests;

/// <summary><c>deploy/local/loop.sh</c>: the whole loop on one machine.</summary>
public sealed partial class LoopScriptTests : IDisposable
{
    private const int Users = 30;
    private const int Days = 4;

    // Of a session of soft-optimal users, who see one item a step.
    private const int Steps = 20;

    private readonly TemporaryFolder _folder = new();

    [RedisFact]
    public async Task With_worker_replica_and_Redis_killed_in_the_middle_every_exposure_is_accounted_for_and_nothing_stays_behind()
    {
        using var loop = Loop("--environment", "soft-user", "--users", $"{Users}", "--days", $"{Days}", "--updates", "20", "--seed", "7", "--kill", "all", "--out", _folder.Path);
        Assert.True(await loop.EndAsync(TimeSpan.FromMinutes(12)) == 0, loop.Said);

        Assert.Equal(3, loop.Error.Split('\n').Count(line => line.Contains("kill -9 of", StringComparison.Ordinal)));
        var run = Assert.Single(Directory.GetDirectories(_folder.Path));
        var simulation = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(run, "simulation", "counts.json")))!;
        var worker = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(run, "state", "counts.json")))!;
        Assert.Equal(Users * Steps * Days, (long)simulation["rankAnswered"]!);
        Assert.Equal(0, (long)simulation["rankFailed"]!);
        Assert.Equal(0, (long)simulation["feedbackLost"]!);
        Assert.True((long)simulation["retries"]! > 0, "No call met a killed process.");
        foreach (var (kind, sent) in new[] { ("exposures", "rankAnswered"), ("feedback", "feedbackSent") })
        {
            var fates = worker[kind]!;
            var dropped = fates["dropped"]!.AsObject();
            Assert.Equal((long)fates["received"]!, (long)fates["learned"]! + dropped.Sum(reason => (long)reason.Value!));
            Assert.Equal((long)simulation[sent]!, (long)fates["received"]! - dropped.Where(reason => reason.Key.StartsWith("duplicate", StringComparison.Ordinal)).Sum(reason => (long)reason.Value!));
        }

        // What is printed is the same, and the worker has decided after every day but the last.
        var line = Answered().Match(loop.Output);
        Assert.True(line.Success, loop.Output);
        Assert.Equal((Users * Steps * Days, "0", "0"), (int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), line.Groups[2].Value, line.Groups[3].Value));
        Assert.Equal(Days - 1, Directory.GetFiles(Path.Combine(run, "state", "decisions")).Length);
        Assert.Contains($"{Days} learned", loop.Output, StringComparison.Ordinal);
        Assert.Empty(Left());
    }

    [RedisFact]
    public async Task An_interrupt_ends_all_that_it_started()
    {
        using var loop = Loop("--environment", "soft-user", "--users", "20", "--out", _folder.Path);
        for (var deadline = DateTime.UtcNow.AddMinutes(8); !Left().Any(command => command.Contains("MTRec.Serving", StringComparison.Ordinal)); await Task.Delay(50))
        {
            Assert.False(loop.HasEnded, loop.Said);
            Assert.True(DateTime.UtcNow < deadline, loop.Said);
        }

        loop.Signal("TERM");
        Assert.Equal(143, await loop.EndAsync());
        Assert.Empty(Left());
    }

    [Theory]
    [InlineData("--kill", "nothing")]
    [InlineData("--environment", "moon")]
    [InlineData("--users", "many")]
    [InlineData("--days")]
    public async Task Wrong_usage_is_said_before_anything_starts(params string[] arguments)
    {
        using var loop = Loop(arguments);

        Assert.Equal(2, await loop.EndAsync());
        Assert.Contains("loop.sh", loop.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(@"^exposures answered (\d+) - not written (\d+) \+ written but never answered (\d+) = learned from", RegexOptions.Multiline)]
    private static partial Regex Answered();

    private static RunningProcess Loop(params string[] arguments) => RunningProcess.Start("deploy/local/loop.sh", arguments);

    // Commands of living processes that name the run's folder, but the script's own.
    private IEnumerable<string> Left()
    {
        foreach (var process in Directory.GetDirectories("/proc").Where(path => path.AsSpan(6).IndexOfAnyExceptInRange('0', '9') < 0))
        {
            string command;
            try
            {
                command = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (command.Contains(_folder.Path, StringComparison.Ordinal) && !command.Contains("loop.sh", StringComparison.Ordinal))
                yield return command;
        }
    }
}
