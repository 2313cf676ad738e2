using System.Text;
using MTRec.Data.OpenBandit;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.OpenBandit;

public sealed class OpenBanditFileTests
{
    private const string Header =
        ",timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user_feature_2,user_feature_3,"
        + "user-item_affinity_0,user-item_affinity_1\n";

    [Fact]
    public void A_row_is_read_whole()
    {
        var row = Assert.Single(Read(Header + "0,2019-11-24 00:01:03.979311+00:00,1,2,1,0.045525,a,b,c,d,0.0,3.0\n", out var report));
        Assert.Equal(new DateTimeOffset(2019, 11, 24, 0, 1, 3, TimeSpan.Zero).AddMicroseconds(979_311), row.Time);
        Assert.Equal((1L, 1, 2, true, 0.045525, "a/b/c/d", 3f), (row.Row, row.Item, row.Position, row.Clicked, row.Propensity, row.Profile, row.Affinity));
        Assert.Equal((1L, 1L, 0L), (report.Read, report.Kept, report.MissingPropensities));
    }

    [Fact]
    public void Broken_rows_are_dropped_and_counted()
    {
        var rows = Read(
            Header
            + "0,,0,1,0,0.5,a,b,c,d,0,0\n"
            + "1,,0,1,0,0.5,a,b,c,d,0\n"
            + "2,,-1,1,0,0.5,a,b,c,d,0,0\n"
            + "3,,x,1,0,0.5,a,b,c,d,0,0\n"
            + "4,,0,4,0,0.5,a,b,c,d,0,0\n"
            + "5,,0,,0,0.5,a,b,c,d,0,0\n"
            + "6,,0,1,2,0.5,a,b,c,d,0,0\n"
            + "7,,0,1,,0.5,a,b,c,d,0,0\n"
            + "8,,\"0,1,0,0.5,a,b,c,d,0,0\n"
            + "\n"
            + "9,,1.0,3,1,5e-1,a,b,c,d,0,0\n",
            out var report);
        Assert.Equal([1L, 10L], rows.Select(row => row.Row));
        Assert.Equal((1, 3, true, 0.5), (rows[1].Item, rows[1].Position, rows[1].Clicked, rows[1].Propensity));
        Assert.Equal((10L, 2L, 2L, 2L, 2L, 2L), (report.Read, report.Kept, report.BrokenRows, report.BadItems, report.BadPositions, report.BadClicks));
    }

    [Fact]
    public void A_missing_propensity_is_kept_as_missing_and_never_guessed()
    {
        var rows = Read("item_id,position,click,propensity_score\n0,1,0,\n0,1,0,nan\n0,1,0,half\n0,1,0,-0.2\n0,1,0,0\n", out var report);
        Assert.Equal([double.NaN, double.NaN, double.NaN, -0.2, 0], rows.Select(row => row.Propensity));
        Assert.Equal(3, report.MissingPropensities);
        Assert.All(rows, row => Assert.Equal((null, float.NaN), (row.Time, row.Affinity)));
    }

    [Fact]
    public void A_bad_time_is_dropped_and_the_row_kept()
    {
        Assert.Null(Assert.Single(Read("timestamp,item_id,position,click,propensity_score\nsoon,0,1,0,1\n", out var report)).Time);
        Assert.Equal((1L, 1L), (report.BadTimes, report.Kept));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("item_id,position,click\n", "'propensity_score' is missing")]
    [InlineData("item_id,item_id,position,click,propensity_score\n", "'item_id' twice")]
    public void A_file_of_another_kind_is_refused(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<DataFormatException>(() => Read(text, out _)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_gzip_that_is_cut_off_is_refused()
    {
        var whole = Csv.Gzip(Encoding.UTF8.GetBytes(Header + string.Concat(Enumerable.Range(0, 500).Select(i => $"{i},,0,1,0,0.{i + 1},a,b,c,d,0,0\n"))));
        Assert.Equal(500, OpenBanditFile.Read(new MemoryStream(whole), "log.csv.gz", out _).Count);
        Assert.Throws<DataFormatException>(() => OpenBanditFile.Read(new MemoryStream(whole[..^30]), "log.csv.gz", out _));
    }

    [Theory]
    [InlineData("item_id\n0\n1\n2\n", null)]
    [InlineData("item_id\n0\n2\n", "without gaps")]
    [InlineData("item_id\n0\n0\n", "row 2")]
    [InlineData("item_id\n0\nx\n", "row 2")]
    [InlineData("item_id\n", "0 items")]
    public void Items_are_counted_where_their_ids_have_no_gaps(string text, string? reason)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            if (reason is null)
                Assert.Equal(3, OpenBanditFile.ReadItemCount(path));
            else
                Assert.Contains(reason, Assert.Throws<DataFormatException>(() => OpenBanditFile.ReadItemCount(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [OpenBanditTheory]
    [InlineData("men", 34, 46, 69)]
    [InlineData("women", 46, 46, 46)]
    public void The_real_logs_are_read_whole(string campaign, int items, int randomClicks, int btsClicks)
    {
        Assert.Equal(items, OpenBanditFile.ReadItemCount(Path.Combine(SharedData.OpenBandit, $"bts_{campaign}_item_context.csv.gz")));
        foreach (var (policy, clicks) in new[] { ("random", randomClicks), ("bts", btsClicks) })
        {
            var rows = OpenBanditFile.Read(Path.Combine(SharedData.OpenBandit, $"{policy}_{campaign}.csv.gz"), out var report);
            Assert.Equal((10_000L, 10_000L, 0L, 0L), (report.Read, report.Kept, report.MissingPropensities, report.BadTimes));
            Assert.Equal(clicks, rows.Count(row => row.Clicked));
            Assert.All(rows, row => Assert.InRange(row.Propensity, 1e-6, 1));
            Assert.All(rows, row => Assert.InRange(row.Item, 0, items - 1));
            Assert.DoesNotContain(rows, row => float.IsNaN(row.Affinity));
            if (policy == "random")
                Assert.All(rows, row => Assert.Equal(1.0 / items, row.Propensity, 12));
        }
    }

    private static IReadOnlyList<OpenBanditRow> Read(string text, out OpenBanditReport report) =>
        OpenBanditFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(text)), "log.csv", out report);
}
