using System.Text.Json;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Logs;

public class LogCleanerTests
{
    [Fact]
    public void Order_is_restored_within_users_and_equal_times_keep_the_order_of_the_input()
    {
        var log = LogCleaner.Clean(
            Csv.Read(Csv.Log(
                At("u1", "a", 30), At("u2", "b", 10), At("u1", "c", 20), At("u1", "e", 20), At("u1", "d", 25), At("u2", "a", 11))),
            out var report);

        Assert.Equal([3L, 4, 5, 1, 2, 6], log.Row.ToArray());
        Assert.Equal([0, 0, 0, 0, 1, 1], log.User.ToArray());
        Assert.Equal(["c", "e", "d", "a", "b", "a"], log.Item.Select(item => log.Items[item]));
        Assert.Equal([0, 4, 6], log.UserStarts().ToArray());
        Assert.Equal(1, report.Count(RowFlaws.OutOfOrder));
        Assert.Equal(6, report.Kept);
    }

    [Fact]
    public void The_first_of_the_same_user_item_and_time_stays()
    {
        var log = LogCleaner.Clean(
            Csv.Read(Csv.Log(
                At("u1", "a", 1),
                At("u1", "b", 1),
                At("u1", "a", 1),
                Csv.Row(("user_id", "u1"), ("video_id", "a"), ("time_ms", "1"), ("is_like", "1")),
                At("u1", "a", 2),
                At("u2", "a", 1))),
            out var report);

        Assert.Equal([1L, 2, 5, 6], log.Row.ToArray());
        Assert.Equal(1, report.Count(RowFlaws.Duplicate));
        Assert.Equal(1, report.Count(RowFlaws.ConflictingDuplicate));
        Assert.DoesNotContain(log.Actions, actions => actions.HasFlag(UserActions.Like));
    }

    [Fact]
    public void Impossible_rows_are_dropped_and_counted_and_nothing_is_lost()
    {
        var log = LogCleaner.Clean(
            Csv.Read(Csv.Log(
                Csv.Row(("user_id", "")),
                Csv.Row(("video_id", "")),
                Csv.Row(("time_ms", "x"), ("is_click", "7")),
                Csv.Healthy + ",7",
                Csv.Row(("play_time_ms", "-5")),
                Csv.Row(("duration_ms", "-5")),
                Csv.Row(("tab", "home")),
                Csv.Row(("duration_ms", "0")),
                Csv.Row(("user_id", "u2"), ("play_time_ms", "10001")))),
            out var report);

        Assert.Equal([8L, 9], log.Row.ToArray());
        Assert.Equal((9, 2, 7), (report.Read, report.Kept, report.Dropped));
        Assert.Equal(1, report.Count(RowFlaws.MissingUser));
        Assert.Equal(1, report.Count(RowFlaws.MissingItem));
        Assert.Equal(1, report.Count(RowFlaws.BadTime));
        Assert.Equal(1, report.Count(RowFlaws.BadFlag));
        Assert.Equal(1, report.Count(RowFlaws.WrongColumnCount));
        Assert.Equal(1, report.Count(RowFlaws.NegativePlay));
        Assert.Equal(1, report.Count(RowFlaws.NegativeDuration));
        Assert.Equal(1, report.Count(RowFlaws.BadNumber));
        Assert.Equal(1, report.Count(RowFlaws.PlayBeyondDuration));
        Assert.Equal(float.NaN, log.DurationSeconds[0]);
        Assert.Equal(10.001f, log.WatchSeconds[1]);
    }

    [Fact]
    public void The_report_prints_as_a_table_and_as_json()
    {
        LogCleaner.Clean(Csv.Read(Csv.Log(Csv.Healthy, Csv.Healthy, Csv.Row(("user_id", "")))), out var report);

        var table = report.ToString().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["rows read 3", "rows kept 1", "rows dropped 2"], table[..3].Select(Squeeze));
        Assert.Equal("MissingUser 1 33.333 % dropped first in row 3", Squeeze(table[3]));
        Assert.Equal("Duplicate 1 33.333 % dropped first in row 2", Squeeze(table[4]));

        var json = JsonDocument.Parse(report.ToJson()).RootElement;
        Assert.Equal(3, json.GetProperty("read").GetInt64());
        Assert.Equal(2, json.GetProperty("dropped").GetInt64());
        var duplicate = json.GetProperty("flaws").GetProperty("duplicate");
        Assert.Equal(1, duplicate.GetProperty("rows").GetInt64());
        Assert.True(duplicate.GetProperty("dropped").GetBoolean());
        Assert.Equal(2, duplicate.GetProperty("firstRows")[0].GetInt64());
        Assert.False(json.GetProperty("flaws").GetProperty("playBeyondDuration").GetProperty("dropped").GetBoolean());

        static string Squeeze(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [KuaiRandTheory]
    [InlineData("log_train.csv.gz", 111_305, 3_431, 21_671)]
    [InlineData("log_dev.csv.gz", 53_989, 1_169, 16_246)]
    [InlineData("log_test.csv.gz", 26_231, 558, 11_456)]
    public void Real_logs_lose_their_duplicates_and_nothing_else(string file, int rows, int duplicates, int users)
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, file));
        var log = LogCleaner.Clean(reader.Rows(), out var report);

        Assert.Equal(rows, report.Read);
        Assert.Equal(duplicates, report.Dropped);
        Assert.Equal(duplicates, report.Count(RowFlaws.Duplicate) + report.Count(RowFlaws.ConflictingDuplicate));
        Assert.Equal(rows - duplicates, log.Count);
        Assert.Equal(users, log.Users.Count);
    }

    private static string At(string user, string item, long time) =>
        Csv.Row(("user_id", user), ("video_id", item), ("time_ms", time.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
