using System.Globalization;
using System.Text;
using MTRec.Inference;
using MTRec.Testing;
using MTRec.Trainer.Tests.CommandLine;
using MTRec.Trainer.Training;
using Xunit;

namespace MTRec.Trainer.Tests.Training;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_small_log_becomes_a_bundle_that_may_serve_and_its_command_makes_it_again()
    {
        WriteLogs(users: 1200);
        var first = await TrainAsync("a");
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Contains("auc.click", first.Output, StringComparison.Ordinal);
        using var bundle = Bundle.Load(Path.Combine(_folder.Path, "a", "small", "7"));
        Assert.True(bundle.HasTaskScores && bundle.HasMentalReward);

        // The manifest's own command, with data and registry filled in.
        var again = bundle.Manifest.Provenance.Command.Replace("DATA", _folder.Path, StringComparison.Ordinal)
            .Replace("REGISTRY", Path.Combine(_folder.Path, "b"), StringComparison.Ordinal).Split(' ');
        var second = await Mtrec.RunAsync(again[1..]);
        Assert.True(second.ExitCode == 0, second.Error);
        foreach (var file in Directory.GetFiles(bundle.Directory))
            Assert.Equal(await File.ReadAllBytesAsync(file), await File.ReadAllBytesAsync(Path.Combine(_folder.Path, "b", "small", "7", Path.GetFileName(file))));
    }

    [Theory]
    [InlineData("ple", "qr-iql")]
    [InlineData("mfh", "qr-iql")]
    [InlineData("iq-learn", "iq-learn")]
    public async Task Every_algorithm_of_a_whole_bundle_trains_one_that_may_serve(string algorithm, string reward)
    {
        WriteLogs(users: 1200);
        var result = await TrainAsync("a", "--algorithm", algorithm);

        Assert.True(result.ExitCode == 0, result.Error);
        using var bundle = Bundle.Load(Path.Combine(_folder.Path, "a", "small", "7"));
        Assert.True(bundle.HasTaskScores && bundle.HasMentalReward);
        Assert.Contains($"--algorithm {algorithm} ", bundle.Manifest.Provenance.Command, StringComparison.Ordinal);
        Assert.Equal(reward, bundle.Manifest.MentalReward!.Algorithm);
    }

    [Fact]
    public async Task An_unknown_algorithm_is_refused_with_those_there_are()
    {
        var result = await TrainAsync("a", "--algorithm", "magic");

        Assert.Equal(2, result.ExitCode);
        foreach (var algorithm in WholeBundles.All.Keys.Concat(FusionBundle.Algorithms))
            Assert.Contains(algorithm, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("td3 --formula Cells", "Cells")]
    [InlineData("ple --base .", "--base is for")]
    [InlineData("td3 --base no-such-folder", "no-such-folder")]
    public async Task What_a_learner_cannot_use_is_refused(string algorithm, string reason)
    {
        var result = await TrainAsync("a", ["--algorithm", .. algorithm.Split(' ')]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fusion_learner_s_bundle_says_how_to_make_it_again()
    {
        WriteLogs(users: 1200);
        Assert.Equal(0, (await TrainAsync("a")).ExitCode);
        var basis = Path.Combine(_folder.Path, "a", "small", "7");
        var result = await TrainAsync("b", "--algorithm", "cem", "--base", basis);

        Assert.True(result.ExitCode == 0, result.Error);
        using var bundle = Bundle.Load(Path.Combine(_folder.Path, "b", "small", "7"));
        Assert.Equal("cem", bundle.Manifest.Fusion.Algorithm);
        Assert.StartsWith("mtrec train --algorithm cem --base BASE --data DATA --out REGISTRY", bundle.Manifest.Provenance.Command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fusion_learner_without_a_base_trains_one_and_keeps_it_to_itself()
    {
        WriteLogs(users: 1200);
        var result = await TrainAsync("a", "--algorithm", "unified-rl");

        Assert.True(result.ExitCode == 0, result.Error);
        using var bundle = Bundle.Load(Path.Combine(_folder.Path, "a", "small", "7"));
        Assert.Equal("unified-rl", bundle.Manifest.Fusion.Algorithm);
        Assert.Null(bundle.Manifest.Exploration.BaselineVersion);
        Assert.Single(Directory.GetDirectories(Path.Combine(_folder.Path, "a", "small")));
        Assert.StartsWith("mtrec train --algorithm unified-rl --data DATA", bundle.Manifest.Provenance.Command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_version_is_not_trained_again()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "a", "small", "7"));
        var result = await TrainAsync("a");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("is there already", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_logs_is_a_failure_that_names_the_log()
    {
        var result = await TrainAsync("a");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("log_train", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_leaves_no_bundle()
    {
        WriteLogs(users: 40_000);
        using var mtrec = Mtrec.Start("train", "--data", _folder.Path, "--out", Path.Combine(_folder.Path, "a"), "--threads", "1");
        await Eventually.TrueAsync(() => mtrec.Error.Contains("task scores", StringComparison.Ordinal), mtrec);
        mtrec.Signal("INT");

        Assert.Equal(130, await mtrec.EndAsync());
        Assert.False(Directory.Exists(Path.Combine(_folder.Path, "a")));
    }

    public void Dispose() => _folder.Dispose();

    private Task<MtrecResult> TrainAsync(string registry, params string[] more) => Mtrec.RunAsync(
        [
            "train", "--data", _folder.Path, "--out", Path.Combine(_folder.Path, registry), "--name", "small", "--version", "7", "--seed", "3", "--threads", "1", "--quick",
            .. more,
        ]);

    private void WriteLogs(int users)
    {
        Write("log_train.csv", users, seed: 1, start: 1_650_900_000_000);
        Write("log_dev.csv", users, seed: 2, start: 1_651_500_000_000);
    }

    // Twelve impressions a user; even items are liked more.
    private void Write(string name, int users, int seed, long start)
    {
        var random = new Random(seed);
        var text = new StringBuilder("user_id,video_id,time_ms,is_click,is_like,is_follow,is_comment,is_forward,is_hate,long_view,play_time_ms,duration_ms,is_profile_enter,tab\n");
        for (var row = 0; row < users * 12; row++)
        {
            var item = random.Next(60);
            var click = random.NextDouble() < (item % 2 == 0 ? 0.7 : 0.2) ? 1 : 0;
            var longView = click == 1 && random.NextDouble() < 0.6 ? 1 : 0;
            int Rarely() => random.NextDouble() < 0.05 * (1 + longView) ? 1 : 0;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{row / 12},{item},{start + (row * 1000L)},{click},{Rarely()},{Rarely()},{Rarely()},{Rarely()},{Rarely()},{longView},{(longView * 15000) + random.Next(2000)},20000,{Rarely()},{random.Next(3)}\n");
        }

        File.WriteAllText(Path.Combine(_folder.Path, name), text.ToString());
    }
}
