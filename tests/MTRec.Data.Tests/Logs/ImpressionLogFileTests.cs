using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Safetensors;
using MTRec.Data.KuaiRand;
using MTRec.Data.Logs;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Logs;

public class ImpressionLogFileTests
{
    private static readonly ImpressionLog Log = Csv.Clean(
        Csv.Healthy,
        Csv.Row(("user_id", "ü2"), ("tab", ""), ("is_like", ""), ("play_time_ms", ""), ("duration_ms", "0")),
        Csv.Row(("user_id", "ü2"), ("video_id", "v2"), ("time_ms", "1651338000001")));

    [Fact]
    public void A_log_survives_a_round_trip()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            ImpressionLogFile.Save(Log, path);
            AssertSame(Log, ImpressionLogFile.Load(path));
            Assert.False(File.Exists(path + ".tmp"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void An_empty_log_survives_a_round_trip()
    {
        var empty = Csv.Clean();
        AssertSame(empty, ImpressionLogFile.Parse(Bytes(empty)));
    }

    [Fact]
    public void Another_safetensors_file_is_refused()
    {
        Assert.Contains("no impression log", Refusal(new SafetensorsWriter().ToBytes()), StringComparison.Ordinal);
        Assert.Contains("version 2", Refusal(Edited(Bytes(Log), "\"version\":\"1\"", "\"version\":\"2\"")), StringComparison.Ordinal);
        Assert.Contains("No tensor 'tab'", Refusal(Edited(Bytes(Log), "\"tab\"", "\"tob\"")), StringComparison.Ordinal);
        var retyped = Edited(Bytes(Log), "\"day\":{\"dtype\":\"I32\"", "\"day\":{\"dtype\":\"F32\"");
        Assert.Contains("'day' is F32", Refusal(retyped), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user", 2)]
    [InlineData("user", -1)]
    [InlineData("item", 7)]
    [InlineData("actions", 1 << 7)]
    [InlineData("recorded", 1 << 11)]
    [InlineData("hour", 24)]
    [InlineData("tab", -2)]
    [InlineData("day", -1)]
    [InlineData("watchSeconds", unchecked((int)0xbf800000))]
    [InlineData("durationSeconds", 0x7f800000)]
    public void Impossible_values_are_refused_with_their_column(string column, int bits)
    {
        var file = Bytes(Log);
        var tensors = SafetensorsFile.Parse(file);
        var data = file.Length - tensors.Tensors.Sum(tensor => tensor.Bytes.Length);
        var start = data + tensors.Tensors.TakeWhile(tensor => tensor.Name != column).Sum(tensor => tensor.Bytes.Length);
        BitConverter.TryWriteBytes(file.AsSpan(start), bits);
        Assert.Contains($"Column '{column}'", Refusal(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_changed_byte_is_refused_or_read_but_never_crashes()
    {
        var file = Bytes(Log);
        Prop.ForAll(Gen.Choose(0, file.Length - 1).ToArbitrary(), Gen.Choose(0, 255).ToArbitrary(), (place, value) =>
        {
            var changed = file.ToArray();
            changed[place] = (byte)value;
            try
            {
                return ImpressionLogFile.Parse(changed).Count == Log.Count;
            }
            catch (DataFormatException)
            {
                return true;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    [KuaiRandFact]
    public void The_real_log_survives_a_round_trip()
    {
        using var reader = KuaiRandLogReader.Open(Path.Combine(SharedData.KuaiRand, "log_test.csv.gz"));
        var log = LogCleaner.Clean(reader.Rows(), out _);
        AssertSame(log, ImpressionLogFile.Parse(Bytes(log)));
    }

    private static void AssertSame(ImpressionLog expected, ImpressionLog actual)
    {
        Assert.Equal(expected.Users.Ids, actual.Users.Ids);
        Assert.Equal(expected.Items.Ids, actual.Items.Ids);
        Assert.Equal(expected.Row.ToArray(), actual.Row.ToArray());
        Assert.Equal(expected.User.ToArray(), actual.User.ToArray());
        Assert.Equal(expected.Item.ToArray(), actual.Item.ToArray());
        Assert.Equal(expected.TimestampMs.ToArray(), actual.TimestampMs.ToArray());
        Assert.Equal(expected.Actions.ToArray(), actual.Actions.ToArray());
        Assert.Equal(expected.Recorded.ToArray(), actual.Recorded.ToArray());
        Assert.Equal(expected.WatchSeconds.ToArray(), actual.WatchSeconds.ToArray());
        Assert.Equal(expected.DurationSeconds.ToArray(), actual.DurationSeconds.ToArray());
        Assert.Equal(expected.Tab.ToArray(), actual.Tab.ToArray());
        Assert.Equal(expected.Hour.ToArray(), actual.Hour.ToArray());
        Assert.Equal(expected.Day.ToArray(), actual.Day.ToArray());
    }

    private static byte[] Bytes(ImpressionLog log)
    {
        using var stream = new MemoryStream();
        ImpressionLogFile.Write(log, stream);
        return stream.ToArray();
    }

    /// <summary>The file with a text of its header replaced by one of the same length.</summary>
    private static byte[] Edited(byte[] file, string old, string replacement)
    {
        var place = file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(old));
        Assert.True(place > 0 && old.Length == replacement.Length);
        Encoding.UTF8.GetBytes(replacement).CopyTo(file, place);
        return file;
    }

    private static string Refusal(byte[] file) => Assert.Throws<DataFormatException>(() => ImpressionLogFile.Parse(file)).Message;
}
