using MTRec.Data.Features;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Data.Trajectories;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Features;

public class ItemStatisticsTests
{
    [Fact]
    public void Means_are_smoothed_towards_the_mean_of_all_items()
    {
        // a: clicks 1 of 2, ratio 3 (clipped) and 0.5; b: not clicked, click unknown once, no duration once.
        var statistics = ItemStatistics.Of(Csv.Clean(
            Row("u1", "a", ("is_click", "1"), ("play_time_ms", "90000")),
            Row("u2", "a", ("is_click", "0"), ("play_time_ms", "5000")),
            Row("u1", "b", ("is_click", "0"), ("duration_ms", "0")),
            Row("u2", "b", ("is_click", ""), ("play_time_ms", "2500"))));

        var (clicks, ratio) = (1 / 3.0, (3 + 0.5 + 0.25) / 3);
        Assert.Equal((1 + (20 * clicks)) / 22, statistics["a"].ClickRate, 6);
        Assert.Equal((0 + (20 * clicks)) / 21, statistics["b"].ClickRate, 6);
        Assert.Equal((3.5 + (20 * ratio)) / 22, statistics["a"].PlayRatio, 5);
        Assert.Equal((0.25 + (20 * ratio)) / 21, statistics["b"].PlayRatio, 5);
        Assert.Equal(1, statistics["a"].LongViewRate, 6);
        Assert.Equal(0, statistics["a"].LikeRate);
        Assert.Equal(Math.Log(3), statistics["b"].LogCount, 6);
        Assert.Equal(clicks, statistics.Unknown.ClickRate, 6);
        Assert.Equal(0, statistics.Unknown.LogCount);
        Assert.Equal(statistics.Unknown, statistics["never shown"]);
    }

    [Fact]
    public void An_empty_log_knows_nothing_and_does_not_fail() =>
        Assert.Equal(default, ItemStatistics.Of(Csv.Clean())["a"]);

    [Fact]
    public void Out_of_fold_statistics_do_not_move_with_the_answers_of_their_fold()
    {
        var folds = new UserFolds(3, seed: 5);
        var users = Enumerable.Range(0, 30).Select(i => $"u{i}").ToArray();
        var before = Clean(likes: false);
        var after = Clean(likes: true);
        var moved = ItemStatistics.Of(after);
        Assert.NotEqual(ItemStatistics.Of(before)["a"], moved["a"]);

        var (fold, other) = (folds.Of(users[0]), (folds.Of(users[0]) + 1) % 3);
        var (foldsBefore, foldsAfter) = (ItemStatistics.OutOfFold(before, folds), ItemStatistics.OutOfFold(after, folds));
        Assert.Equal(foldsBefore[fold]["a"], foldsAfter[fold]["a"]);
        Assert.NotEqual(foldsBefore[other]["a"], foldsAfter[other]["a"]);

        // The first user's fold changes its answers, nobody else does.
        ImpressionLog Clean(bool likes) => Csv.Clean([.. users.Select(user =>
            Row(user, "a", ("is_like", likes && folds.Of(user) == folds.Of(users[0]) ? "1" : "0")))]);
    }

    [Fact]
    public void Out_of_fold_statistics_are_those_of_the_log_without_the_fold()
    {
        var folds = new UserFolds(2, seed: 0);
        var users = Enumerable.Range(0, 40).Select(i => $"u{i}").ToArray();
        var fold = ItemStatistics.OutOfFold(Log(_ => true), folds)[0];
        var rest = ItemStatistics.Of(Log(user => folds.Of(user) == 1));

        Assert.Equal(rest["a"] with { LogCount = 0 }, fold["a"] with { LogCount = 0 });
        var shown = users.Count(user => folds.Of(user) == 1);
        Assert.Equal(Math.Log(1 + (2 * shown)), fold["a"].LogCount, 5);

        ImpressionLog Log(Func<string, bool> takes) => Csv.Clean([.. users.Where(takes).Select(user =>
            Row(user, "a", ("is_click", user.EndsWith('3') ? "1" : "0")))]);
    }

    [KuaiRandFact]
    public void Real_items_have_the_rates_of_the_log()
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_train.csv.gz"));
        var statistics = ItemStatistics.Of(LogCleaner.Clean(reader.Rows(), out _));
        // Computed with pandas: the log without repeated (user, video, time), rows with a duration for the ratio.
        Assert.Equal(0.448681, statistics.Unknown.ClickRate, 6);
        Assert.Equal(0.315943, statistics.Unknown.LongViewRate, 6);
        Assert.Equal(0.015407, statistics.Unknown.LikeRate, 6);
        Assert.Equal(0.340584, statistics.Unknown.PlayRatio, 6);
        Assert.Equal((426 + (20 * 0.448681)) / 766, statistics["2303"].ClickRate, 6);
        Assert.Equal(Math.Log(747), statistics["2303"].LogCount, 5);
    }

    private static string Row(string user, string item, params (string, string)[] changes) =>
        Csv.Row([("user_id", user), ("video_id", item), .. changes]);
}
