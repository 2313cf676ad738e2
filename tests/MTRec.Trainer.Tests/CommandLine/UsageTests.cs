using System.CommandLine;
using MTRec.Testing;
using MTRec.Trainer.Simulation;
using MTRec.Trainer.Worker;
using Xunit;

namespace MTRec.Trainer.Tests.CommandLine;

public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("bake")]
    [InlineData("score")]
    [InlineData("verify")]
    [InlineData("verify a b")]
    [InlineData("score --bundle b --log no-such-file.csv --out o")]
    [InlineData("replay --url http://127.0.0.1:1 --log mtrec.dll --candidates 0")]
    [InlineData("replay --url http://127.0.0.1:1 --log mtrec.dll --candidates many")]
    [InlineData("replay --url ftp://127.0.0.1 --log mtrec.dll")]
    [InlineData("replay --url http://127.0.0.1:1 --log mtrec.dll --user-features mtrec.dll")]
    [InlineData("score --bundle b --log mtrec.dll --out o --mental-weight NaN")]
    [InlineData("simulate --url nonsense --data .")]
    [InlineData("simulate --url http://127.0.0.1:1 --data . --policy fixed")]
    [InlineData("simulate --url http://127.0.0.1:1")]
    [InlineData("simulate --environment soft-user")]
    [InlineData("simulate --environment soft-user --url http://127.0.0.1:1 --publish somewhere")]
    [InlineData("simulate --data . --publish somewhere")]
    [InlineData("simulate --environment soft-user --publish somewhere --users 7")]
    [InlineData("worker --events e --registry r --state s --refresh half")]
    [InlineData("worker --events e --registry r --state s --refresh-every -1")]
    public async Task A_command_line_without_sense_ends_with_2_and_says_why(string arguments)
    {
        // mtrec.dll stands for any file that exists.
        var result = await Mtrec.RunAsync(arguments.Replace("mtrec.dll", Path.Combine(AppContext.BaseDirectory, "mtrec.dll"), StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.NotEqual("", result.Error.Trim());
    }

    [Theory]
    [InlineData("simulate --environment soft-user --publish somewhere")]
    [InlineData("worker --events e --registry r --state s --refresh all --metrics-url http://0.0.0.0:9464")]
    public void What_may_be_left_out_is_left_out(string arguments) =>
        Assert.Empty(new RootCommand { SimulateCommand.Create(), WorkerCommand.Create() }.Parse(arguments).Errors);

    [Theory]
    [InlineData("verify")]
    [InlineData("score")]
    [InlineData("replay")]
    public async Task Help_shows_examples(string command)
    {
        var result = await Mtrec.RunAsync(command, "--help");

        Assert.Equal(0, result.ExitCode);
        Assert.Contains($"  mtrec {command} ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sound_bundle_is_verified_and_described()
    {
        using var folder = new TemporaryFolder();
        var result = await Mtrec.RunAsync("verify", TestBundles.Publish(folder.Path));

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("default/1", result.Output, StringComparison.Ordinal);
        Assert.Contains("auc.click", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', result.Output);
    }

    [Fact]
    public async Task A_corrupt_bundle_is_refused_with_every_reason()
    {
        using var folder = new TemporaryFolder();
        var bundle = TestBundles.Publish(folder.Path);
        foreach (var name in new[] { "policy.onnx", "task-scores.onnx" })
        {
            var bytes = await File.ReadAllBytesAsync(Path.Combine(bundle, name));
            bytes[^1] ^= 1;
            await File.WriteAllBytesAsync(Path.Combine(bundle, name), bytes);
        }

        var result = await Mtrec.RunAsync("verify", bundle);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("policy.onnx: its SHA-256 is", result.Error, StringComparison.Ordinal);
        Assert.Contains("task-scores.onnx: its SHA-256 is", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused()
    {
        using var folder = new TemporaryFolder();
        var result = await Mtrec.RunAsync("verify", Path.Combine(folder.Path, "nothing"));

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("manifest.json", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_a_failure()
    {
        using var folder = new TemporaryFolder();
        var log = Path.Combine(folder.Path, "log.csv");
        await File.WriteAllTextAsync(log, "user_id,video_id,time_ms\n1,2,1651753407852\n");
        var result = await Mtrec.RunAsync("replay", "--url", "http://127.0.0.1:1", "--log", log);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("127.0.0.1:1", result.Error, StringComparison.Ordinal);
    }
}
