using System.IO.Compression;
using System.IO.Pipes;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Sessions;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.KuaiRand;

public class KuaiRandLogReaderTests
{
    private const UserActions AllActions = (UserActions)0b10_0111_1111;

    [Fact]
    public void A_healthy_row_is_read_whole()
    {
        var row = Assert.Single(Csv.Read(Csv.Log(Csv.Healthy)));
        Assert.Equal(
            new Impression
            {
                Row = 1,
                UserId = "u1",
                ItemId = "v1",
                TimestampMs = 1651338000000,
                Hour = 1,
                Date = new DateOnly(2022, 5, 1),
                Tab = 1,
                Actions = UserActions.Click | UserActions.LongView,
                Recorded = AllActions,
                WatchSeconds = 8,
                DurationSeconds = 10,
                Flaws = RowFlaws.None,
            },
            row);
    }

    [Theory]
    [InlineData("is_click", UserActions.Click)]
    [InlineData("long_view", UserActions.LongView)]
    [InlineData("is_like", UserActions.Like)]
    [InlineData("is_follow", UserActions.Follow)]
    [InlineData("is_comment", UserActions.Comment)]
    [InlineData("is_forward", UserActions.Forward)]
    [InlineData("is_profile_enter", UserActions.ProfileEnter)]
    [InlineData("is_hate", UserActions.Hate)]
    public void Every_flag_has_its_action(string column, UserActions action)
    {
        var row = Assert.Single(Csv.Read(Csv.Log(Csv.Row(("is_click", "0"), ("long_view", "0"), (column, "1")))));
        Assert.Equal(action, row.Actions);
    }

    [Fact]
    public void Three_columns_suffice_and_the_rest_is_unknown()
    {
        var row = Assert.Single(Csv.Read("time_ms,extra,video_id,user_id\n1651338000000,x,v1,u1"));
        Assert.Equal(RowFlaws.NoDuration, row.Flaws);
        Assert.Equal(UserActions.None, row.Recorded);
        Assert.Equal(float.NaN, row.WatchSeconds);
        Assert.Equal(float.NaN, row.DurationSeconds);
        Assert.Null(row.Tab);
        Assert.Equal(1, row.Hour);
        Assert.Equal(new DateOnly(2022, 5, 1), row.Date);
    }

    [Theory]
    [InlineData("user_id", "", RowFlaws.MissingUser)]
    [InlineData("video_id", "  ", RowFlaws.MissingItem)]
    [InlineData("time_ms", "", RowFlaws.BadTime)]
    [InlineData("time_ms", "NaN", RowFlaws.BadTime)]
    [InlineData("time_ms", "soon", RowFlaws.BadTime)]
    [InlineData("time_ms", "0", RowFlaws.BadTime)]
    [InlineData("time_ms", "-1651338000000", RowFlaws.BadTime)]
    [InlineData("time_ms", "1651338000000.5", RowFlaws.BadTime)]
    [InlineData("time_ms", "9223372036854775807", RowFlaws.BadTime)]
    [InlineData("time_ms", "99999999999999999999", RowFlaws.BadTime)]
    [InlineData("is_click", "2", RowFlaws.BadFlag)]
    [InlineData("is_click", "-1", RowFlaws.BadFlag)]
    [InlineData("is_hate", "yes", RowFlaws.BadFlag)]
    [InlineData("is_like", "0.5", RowFlaws.BadFlag)]
    [InlineData("play_time_ms", "-1", RowFlaws.NegativePlay)]
    [InlineData("play_time_ms", "8s", RowFlaws.BadNumber)]
    [InlineData("play_time_ms", "Infinity", RowFlaws.BadNumber)]
    [InlineData("play_time_ms", "1e300", RowFlaws.BadNumber)]
    [InlineData("duration_ms", "-1", RowFlaws.NegativeDuration | RowFlaws.NoDuration)]
    [InlineData("duration_ms", "0", RowFlaws.NoDuration)]
    [InlineData("duration_ms", "", RowFlaws.NoDuration)]
    [InlineData("duration_ms", "7999", RowFlaws.PlayBeyondDuration)]
    [InlineData("hourmin", "2400", RowFlaws.BadNumber)]
    [InlineData("hourmin", "0175", RowFlaws.BadNumber)]
    [InlineData("date", "20220230", RowFlaws.BadNumber)]
    [InlineData("date", "2022-05-01", RowFlaws.BadNumber)]
    [InlineData("tab", "-1", RowFlaws.BadNumber)]
    [InlineData("tab", "x", RowFlaws.BadNumber)]
    public void Each_kind_of_dirt_has_its_flaw_and_the_rows_around_it_are_healthy(string column, string value, RowFlaws flaw)
    {
        var rows = Csv.Read(Csv.Log(Csv.Healthy, Csv.Row((column, value)), Csv.Healthy));
        Assert.Equal([RowFlaws.None, flaw, RowFlaws.None], rows.Select(row => row.Flaws));
        Assert.Equal([1L, 2, 3], rows.Select(row => row.Row));
    }

    [Theory]
    [InlineData("u1,v1", RowFlaws.WrongColumnCount | RowFlaws.BadTime | RowFlaws.NoDuration)]
    [InlineData(Csv.Healthy + ",9", RowFlaws.WrongColumnCount)]
    [InlineData("", null)]
    [InlineData(
        "\"u1,v1,20220501",
        RowFlaws.WrongColumnCount | RowFlaws.BrokenQuotes | RowFlaws.MissingItem | RowFlaws.BadTime | RowFlaws.NoDuration)]
    public void A_row_of_another_width_swallows_no_neighbour(string dirty, RowFlaws? flaw)
    {
        RowFlaws[] expected = flaw is null ? [RowFlaws.None, RowFlaws.None] : [RowFlaws.None, flaw.Value, RowFlaws.None];
        Assert.Equal(expected, Csv.Read(Csv.Log(Csv.Healthy, dirty, Csv.Healthy)).Select(row => row.Flaws));
    }

    [Fact]
    public void A_totally_broken_row_keeps_its_number()
    {
        var rows = Csv.Read(Csv.Log(Csv.Healthy, ";;;", Csv.Healthy));
        Assert.Equal([1L, 2, 3], rows.Select(row => row.Row));
        Assert.False(rows[1].IsIdentified);
        Assert.Equal(0, rows[1].TimestampMs);
        Assert.Null(rows[1].Hour);
        Assert.Null(rows[1].Date);
    }

    [Fact]
    public void Floats_stand_for_whole_numbers_and_empty_cells_for_unknown()
    {
        var row = Assert.Single(Csv.Read(Csv.Log(Csv.Row(
            ("time_ms", "1651338000000.0"),
            ("is_click", "1.0"),
            ("is_like", ""),
            ("tab", "4.0"),
            ("play_time_ms", "NaN"),
            ("hourmin", "")))));
        Assert.Equal(RowFlaws.None, row.Flaws);
        Assert.Equal(1651338000000, row.TimestampMs);
        Assert.Equal(UserActions.Click | UserActions.LongView, row.Actions);
        Assert.Equal(AllActions & ~UserActions.Like, row.Recorded);
        Assert.Equal(4, row.Tab);
        Assert.Equal(float.NaN, row.WatchSeconds);
        Assert.Equal(1, row.Hour);
    }

    [Fact]
    public void Quotes_spaces_carriage_returns_and_a_byte_order_mark_change_nothing()
    {
        var dressed = Csv.Healthy.Replace("u1,v1", "\"u1\", v1 ", StringComparison.Ordinal);
        var text = "\ufeff" + Csv.Log(dressed, Csv.Healthy).Replace("\n", "\r\n", StringComparison.Ordinal);
        var rows = Csv.Read(text);
        Assert.Equal(rows[1] with { Row = 1 }, rows[0]);
        Assert.Equal(RowFlaws.None, rows[0].Flaws);
        Assert.Equal("a,\"b\"", Csv.Read(Csv.Log(Csv.Row(("user_id", "\"a,\"\"b\"\"\""))))[0].UserId);
    }

    [Theory]
    [InlineData("7.0", "7")]
    [InlineData("7.5", "7.5")]
    [InlineData("x.0", "x.0")]
    [InlineData("007", "007")]
    [InlineData("NaN", "")]
    public void Ids_written_as_floats_are_whole_numbers_and_others_stay(string written, string id)
    {
        var row = Csv.Read(Csv.Log(Csv.Row(("user_id", written), ("video_id", written))))[0];
        Assert.Equal((id, id), (row.UserId, row.ItemId));
        Assert.Equal(id.Length == 0 ? RowFlaws.MissingUser | RowFlaws.MissingItem : RowFlaws.None, row.Flaws);
    }

    [Theory]
    [InlineData(Csv.Healthy)]
    [InlineData("1.0,2.0,20220501,0100,1651338000000,1,0,0,0,0,0,1,8000,10000,0,0,0,0,1")]
    public void Ids_are_shared_between_rows(string row)
    {
        var rows = Csv.Read(Csv.Log(row, row));
        Assert.Same(rows[0].UserId, rows[1].UserId);
        Assert.Same(rows[0].ItemId, rows[1].ItemId);
    }

    [Fact]
    public void A_header_alone_is_an_empty_log() => Assert.Empty(Csv.Read(Csv.Header));

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    public void An_empty_file_is_refused(string text) =>
        Assert.Contains("test.csv: the file is empty", Refusal(text), StringComparison.Ordinal);

    [Theory]
    [InlineData("user_id")]
    [InlineData("video_id")]
    [InlineData("time_ms")]
    public void A_missing_column_is_named(string column)
    {
        var text = Csv.Log(Csv.Healthy);
        var without = text.Replace(column, "x", StringComparison.Ordinal);
        var twice = text.Replace("is_rand", column, StringComparison.Ordinal);
        Assert.Contains($"'{column}' is missing", Refusal(without), StringComparison.Ordinal);
        Assert.Contains($"'{column}' twice", Refusal(twice), StringComparison.Ordinal);
    }

    [Fact]
    public void Gzip_is_told_by_its_bytes_from_files_and_pipes()
    {
        var plain = Encoding.UTF8.GetBytes(Csv.Log(Csv.Healthy, Csv.Healthy));
        foreach (var bytes in new[] { plain, Csv.Gzip(plain) })
        {
            Assert.Equal(2, Csv.Read(bytes).Count);

            using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
            var reader = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
            pipe.Write(bytes);
            pipe.Dispose();
            using var log = KuaiRandLogReader.Open(reader, "pipe");
            Assert.Equal(2, log.Rows().Count());
        }
    }

    [Theory]
    [InlineData(CompressionLevel.Optimal)]
    [InlineData(CompressionLevel.NoCompression)]
    public void A_gzip_cut_off_anywhere_is_refused(CompressionLevel level)
    {
        var text = Csv.Log([.. Enumerable.Range(0, 200).Select(i => Csv.Row(("user_id", $"u{i * i}")))]);
        var packed = Csv.Gzip(Encoding.UTF8.GetBytes(text), level);
        Assert.All(Enumerable.Range(2, packed.Length - 2), length => Assert.Throws<DataFormatException>(() => Csv.Read(packed[..length])));
        Assert.Equal(200, Csv.Read(packed).Count);
    }

    [Fact]
    public void A_gzip_of_several_members_is_one_log()
    {
        byte[] first = Csv.Gzip(Encoding.UTF8.GetBytes(Csv.Log(Csv.Healthy)));
        byte[] second = Csv.Gzip(Encoding.UTF8.GetBytes(Csv.Healthy));
        Assert.Equal(2, Csv.Read([.. first, .. second]).Count);
        Assert.Throws<DataFormatException>(() => Csv.Read([.. first, .. second[..^1]]));
        Assert.Throws<DataFormatException>(() => Csv.Read([.. first, 1, 2, 3]));
    }

    [Fact]
    public void A_damaged_gzip_is_refused_with_the_place()
    {
        var packed = Csv.Gzip(Encoding.UTF8.GetBytes(Csv.Log(Csv.Healthy)));
        packed[^6] ^= 0xff;
        var refusal = Assert.Throws<DataFormatException>(() => Csv.Read(packed));
        Assert.Contains("test.csv: the gzip data are damaged or cut off", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_without_end_is_refused() =>
        Assert.Throws<DataFormatException>(() => Csv.Read(Csv.Log(Csv.Row(("user_id", new string('x', 3 << 20))))));

    [Fact]
    public void Any_text_gives_one_row_a_line_or_a_refusal()
    {
        var cell = Gen.Elements("u1", "", "1", "-1", "1651338000000", "\"", "\"a\"", "a\"b", "NaN", "é", "\0", " ", "1e9", "0x1", "\t");
        var lines = cell.ArrayOf().Select(cells => string.Join(',', cells)).Where(line => !string.IsNullOrWhiteSpace(line)).ArrayOf();
        Prop.ForAll(lines.ToArbitrary(), rows =>
        {
            var read = Csv.Read(Csv.Log(rows));
            return read.Count == rows.Length && read.Index().All(pair => pair.Item.Row == pair.Index + 1);
        }).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(bytes =>
        {
            try
            {
                return Csv.Read([.. Encoding.UTF8.GetBytes(Csv.Header + "\n"), .. bytes]) is not null;
            }
            catch (DataFormatException)
            {
                return true;
            }
        }).QuickCheckThrowOnFailure();
    }

    [KuaiRandFact]
    public void The_real_log_has_its_known_rows()
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_train.csv.gz"));
        var rows = reader.Rows().ToList();

        Assert.Equal(111_305, rows.Count);
        Assert.Equal(21_671, rows.Select(row => row.UserId).Distinct().Count());
        Assert.Equal(5_714, rows.Select(row => row.ItemId).Distinct().Count());
        Assert.Equal(1_945, rows.Count(row => row.Flaws.HasFlag(RowFlaws.NoDuration)));
        Assert.Equal(15_057, rows.Count(row => row.Flaws.HasFlag(RowFlaws.PlayBeyondDuration)));
        Assert.DoesNotContain(rows, row => (row.Flaws & RowFlaws.Impossible) != 0);
        Assert.All(rows, row => Assert.Equal(AllActions, row.Recorded));
        Assert.Equal(15, rows.Select(row => row.Tab).Distinct().Count());

        // Independent of the columns: hourmin agrees with time_ms in UTC+8, or runs an hour or two ahead.
        Assert.Equal(91_512, rows.Count(row => row.Hour == KuaiRandClock.Local(row.TimestampMs).Hour));
        Assert.All(rows, row => Assert.InRange((row.Hour!.Value - KuaiRandClock.Local(row.TimestampMs).Hour + 24) % 24, 0, 2));
    }

    [KuaiRandFact]
    public void Reading_allocates_the_ids_and_little_else()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_train.csv.gz"));
        Assert.Equal(111_305, reader.Rows().LongCount());

        // 12 MB, 111 bytes a row, of which the reader's pool of ids is the most; the file is 8 MB of text.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000_000);
    }

    private static string Refusal(string text) => Assert.Throws<DataFormatException>(() => Csv.Read(text)).Message;
}
