using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Blending;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Inference;
using MTRec.Testing;
using MTRec.Trainer.Scoring;
using MTRec.Trainer.Tests.CommandLine;
using Xunit;

namespace MTRec.Trainer.Tests.Scoring;

public sealed class ScoreCommandTests : IDisposable
{
    private const string Header = "user_id,video_id,time_ms,is_click,is_like,long_view,play_time_ms,duration_ms,tab";
    private const long Start = 1651753407852;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task Every_row_comes_out_in_order_with_the_columns_of_the_contract()
    {
        var lines = await ScoreAsync(
            $"{Header}\nu1,v-1,{Start + 60000},1,0,1,9000,10000,1\nu2,v-2,{Start},0,0,0,100,10000,1\n"
            + $"u1,v-3,{Start},0,0,0,100,10000,0\nbroken\nu1,\"v,9\",{Start + 90000},0,0,0,1,1,0\n,v-1,{Start},0,0,0,0,0,0\n");

        Assert.Contains(",\"v,9\",", lines[5], StringComparison.Ordinal);
        Assert.Equal("row,userId,itemId,click,like,longView,fusionScore,mentalReward,mentalRewardGiven,score", lines[0]);
        Assert.Equal(["1,u1,v-1", "2,u2,v-2", "3,u1,v-3", "4,broken,", "5,u1,v9", "6,,v-1"], lines[1..].Select(line => string.Join(',', Cells(line)[..3])));

        // The reward of a response is known where the user's next impression is.
        Assert.NotEqual("", Cell(lines[3], 8));
        Assert.NotEqual("", Cell(lines[1], 8));
        Assert.Equal("", Cell(lines[2], 8));
        Assert.All(Cells(lines[4])[3..], cell => Assert.Equal("", cell));
        Assert.All(Cells(lines[6])[3..], cell => Assert.Equal("", cell));
    }

    [Fact]
    public async Task Scores_are_those_of_the_graphs_on_the_session_of_that_moment()
    {
        // The later row stands first in the file.
        var lines = await ScoreAsync(
            $"{Header}\nu1,v-5,{Start + 60000},0,0,0,500,10000,2\nu1,v-3,{Start},1,0,1,9000,10000,1\n");
        using var bundle = Bundle.Load(Path.Combine(_folder.Path, "default", "1"));
        using var inputs = new RankingInputs(bundle.Shape, 1);
        using var outputs = new RankingOutputs(bundle.Shape, 1);
        var hour = (float)KuaiRandClock.Local(Start + 60000).Hour;
        new[] { hour, 2f }.CopyTo(inputs.Context);
        bundle.Assembler.WriteItem("v-5", bundle.Items, inputs.Candidate(0));
        bundle.Assembler.WriteHistory(
            [new SessionEvent("v-3", Start, UserActions.Click | UserActions.LongView, 9)], Start + 60000, bundle.Items, inputs.History);
        bundle.Scorer.ScoreTasks(inputs);
        bundle.Scorer.Fuse(inputs, outputs, explain: false);
        bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        var blending = bundle.Manifest.Blending;
        var score = new Blend(new BlendParameters(0.3), blending.FusionScore, blending.MentalReward!.Value)
            .Score(outputs.FusionScores[0], outputs.MentalMean[0], outputs.MentalQuantilesOf(0));

        float[] expected = [.. inputs.ScoresOf(0), outputs.FusionScores[0], outputs.MentalMean[0], (float)score];
        var actual = Cells(lines[1])[3..].Where(cell => cell.Length > 0).Select(cell => float.Parse(cell, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-6f);

        // r = Q(s, positive) - 0.9 V(s') of the row before, by hand.
        double next = Math.Log(Math.Exp(outputs.SoftQ[0]) + Math.Exp(outputs.SoftQ[1]));
        inputs.Reset(1);
        outputs.Reset(1);
        new[] { (float)KuaiRandClock.Local(Start).Hour, 1f }.CopyTo(inputs.Context);
        bundle.Assembler.WriteItem("v-3", bundle.Items, inputs.Candidate(0));
        bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        Assert.Equal(outputs.SoftQ[1] - (0.9f * next), double.Parse(Cell(lines[2], 8), CultureInfo.InvariantCulture), 1e-5);
    }

    [Fact]
    public async Task The_three_needed_columns_are_enough_and_gzip_is_read()
    {
        var path = Path.Combine(_folder.Path, "log.csv.gz");
        await using (var gzip = new GZipStream(File.Create(path), CompressionLevel.Fastest))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes($"time_ms,video_id,user_id\n{Start},nobody-knows,u\n{Start + 1},v-1,u\n"));
        var lines = await ScoreAsync(path: path);

        Assert.Equal(3, lines.Length);
        Assert.All(lines[1..], line => Assert.Equal("", Cell(line, 8)));
        Assert.All(lines[1..], line => Assert.NotEqual("", Cell(line, 9)));
    }

    [Fact]
    public async Task A_repeated_row_has_the_scores_of_the_first_and_happened_once()
    {
        var row = $"u1,v-3,{Start},1,0,1,9000,10000,1";
        var next = $"u1,v-5,{Start + 60000},0,0,0,500,10000,2";
        var once = await ScoreAsync($"{Header}\n{row}\n{next}\n");
        var twice = await ScoreAsync($"{Header}\n{row}\n{row}\n{next}\n{row.Replace("1,0,1", "0,0,0", StringComparison.Ordinal)}\n");

        Assert.Equal(Cells(once[1])[1..], Cells(twice[1])[1..]);
        Assert.Equal(Cells(once[1])[1..], Cells(twice[2])[1..]);
        Assert.Equal(Cells(once[2])[1..], Cells(twice[3])[1..]);

        // Another response to the same impression: the same scores, but nobody knows its reward.
        Assert.Equal(Cells(once[1])[3..8], Cells(twice[4])[3..8]);
        Assert.Equal("", Cell(twice[4], 8));
    }

    [Fact]
    public async Task Earlier_logs_stand_in_the_history_and_are_not_scored()
    {
        var first = $"u1,v-3,{Start},1,0,1,9000,10000,1";
        var second = $"u1,v-5,{Start + 60000},0,0,0,500,10000,2";
        var whole = await ScoreAsync($"{Header}\n{first}\n{second}\n");
        var warm = Path.Combine(_folder.Path, "warm.csv");
        await File.WriteAllTextAsync(warm, $"{Header}\n{first}\n");
        var split = await ScoreAsync($"{Header}\n{second}\n", arguments: ["--warm-log", warm]);
        var cold = await ScoreAsync($"{Header}\n{second}\n");

        Assert.Equal(2, split.Length);
        Assert.Equal(Cells(whole[2])[1..], Cells(split[1])[1..]);
        Assert.NotEqual(Cells(cold[1])[1..], Cells(split[1])[1..]);
    }

    [Fact]
    public async Task Histories_stand_before_all_logs()
    {
        var row = $"u1,v-5,{Start},0,0,0,500,10000,2";
        var history = Path.Combine(_folder.Path, "history.csv");
        await File.WriteAllTextAsync(history, $"user_id,history_len,last_time_ms,watch_seq,like_seq,long_watch_seq\nu1,2,{Start - 5000},v-1 v-3,,v-3\n");
        var cold = await ScoreAsync($"{Header}\n{row}\n");
        var warm = await ScoreAsync($"{Header}\n{row}\n", arguments: ["--history", history]);
        var other = await ScoreAsync($"{Header}\n{row.Replace("u1", "u2", StringComparison.Ordinal)}\n", arguments: ["--history", history]);

        Assert.NotEqual(Cells(cold[1])[3..], Cells(warm[1])[3..]);
        Assert.Equal(Cells(cold[1])[3..], Cells(other[1])[3..]);
    }

    [Fact]
    public async Task Without_weight_the_score_orders_as_the_fusion()
    {
        var rows = string.Concat(Enumerable.Range(1, 20).Select(i => $"u{i % 3},v-{i},{Start + i},0,0,0,1,1,1\n"));
        var lines = await ScoreAsync($"{Header}\n{rows}", arguments: ["--mental-weight", "0"]);
        var scores = lines[1..].Select(line => (Fusion: double.Parse(Cell(line, 6), CultureInfo.InvariantCulture), Final: double.Parse(Cell(line, 9), CultureInfo.InvariantCulture))).ToArray();

        Assert.Equal(scores.OrderBy(score => score.Fusion), scores.OrderBy(score => score.Final));
    }

    [Fact]
    public async Task A_damaged_log_writes_nothing()
    {
        var log = Path.Combine(_folder.Path, "log.csv.gz");
        var output = Path.Combine(_folder.Path, "out.csv");
        using (var memory = new MemoryStream())
        {
            await using (var gzip = new GZipStream(memory, CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync(Encoding.UTF8.GetBytes($"{Header}\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"u{i * 7919},v-1,{Start + i},0,0,0,1,1,1\n"))));
            await File.WriteAllBytesAsync(log, memory.ToArray()[..^200]);
        }

        var result = await Mtrec.RunAsync("score", "--bundle", TestBundles.Publish(_folder.Path), "--log", log, "--out", output);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("log.csv.gz", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(output));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_the_work_and_leaves_nothing_behind(string signal)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.Path, "out")).FullName;
        var log = Path.Combine(_folder.Path, "log.csv");
        using (var pipe = RunningProcess.Start("mkfifo", log))
            Assert.Equal(0, await pipe.EndAsync());
        using var mtrec = Mtrec.Start("score", "--bundle", TestBundles.Publish(_folder.Path), "--log", log, "--out", Path.Combine(folder, "scores.csv"));

        // A pipe opens when the command does: the signal meets it at work, however slow the machine is.
        await using (var rows = new StreamWriter(log, Encoding.UTF8, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write }))
        {
            mtrec.Signal(signal);
            await rows.WriteLineAsync("user_id,video_id,time_ms");
            for (var i = 0; i < 200_000; i++)
                await rows.WriteLineAsync($"u{i % 5000},v-{i % 20},{Start + i}");
        }

        Assert.Equal(130, await mtrec.EndAsync());
        Assert.Contains("interrupted", mtrec.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Whatever_the_rows_as_many_come_out_in_order_and_twice_the_same()
    {
        using var bundle = Bundle.Load(TestBundles.Publish(_folder.Path));
        var features = new RowFeatures(bundle.Manifest.Schema(), new Dictionary<string, UserProfile>());
        var scorer = new LogScorer(bundle, new BlendParameters(0.3), features, new Dictionary<string, ImmutableArray<SessionEvent>>());
        string[] cells = ["", "u1", "u2", "v-1", "v-2", "\"", "-1", "0", "1", "1e309", "NaN", $"{Start}", $"{Start + 5}", $"{Start - 999999}"];
        var log = Gen.Elements(cells).ArrayOf(9).Select(row => string.Join(',', row)).ArrayOf().ToArbitrary();
        Prop.ForAll(log, rows =>
        {
            var lines = rows.Where(row => row.Length > 0).ToArray();
            var first = Score(scorer, bundle, lines, threads: 1);
            var second = Score(scorer, bundle, lines, threads: 4);
            return first == second && first.Split('\n').Length == lines.Length + 2
                && first.Split('\n')[1..^1].Select((line, i) => line.StartsWith($"{i + 1},", StringComparison.Ordinal)).All(starts => starts);
        }).QuickCheckThrowOnFailure();
    }

    public void Dispose() => _folder.Dispose();

    private static string Score(LogScorer scorer, Bundle bundle, string[] lines, int threads)
    {
        using var reader = KuaiRandLogReader.Open(new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', lines.Prepend(Header)))), "log");
        var rows = reader.Rows().ToArray();
        var scores = scorer.Score(rows, [], threads, new Progress<double>(), CancellationToken.None);
        using var text = new StringWriter();
        ScoreFile.Write(text, bundle.Manifest.Tasks, rows, scores);
        return text.ToString();
    }

    private async Task<string[]> ScoreAsync(string? log = null, string? path = null, string[]? arguments = null)
    {
        if (!Directory.Exists(Path.Combine(_folder.Path, "default")))
            TestBundles.Publish(_folder.Path);
        var output = Path.Combine(_folder.Path, "scores.csv");
        if (log is not null)
            await File.WriteAllTextAsync(path ??= Path.Combine(_folder.Path, "log.csv"), log);
        var result = await Mtrec.RunAsync(
            ["score", "--bundle", Path.Combine(_folder.Path, "default", "1"), "--log", path!, "--out", output, .. arguments ?? []]);
        Assert.True(result.ExitCode == 0, result.Error);
        return await File.ReadAllLinesAsync(output);
    }

    private static string Cell(string line, int column) => Cells(line)[column];

    private static string[] Cells(string line) => line.Replace("\"v,9\"", "v9", StringComparison.Ordinal).Split(',');
}
