using System.Buffers;
using System.Text;
using System.Text.Json;
using MTRec.Core.Events;
using MTRec.Data.Events;
using MTRec.Testing;
using Xunit;

namespace MTRec.Data.Tests.Events;

public sealed class EventLogReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string File1 => Path.Combine(_folder.Path, "events-20260131-0001.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Events_are_read_file_by_file_in_every_detail()
    {
        var exposure = Exposure("r-1");
        File.WriteAllBytes(Path.Combine(_folder.Path, "events-20260131-0002.jsonl"), Lines(Feedback("e-2")));
        File.WriteAllBytes(File1, Lines(exposure, Feedback("e-1")));

        var log = new EventLogReader(_folder.Path);
        var read = log.Read().ToArray();

        Assert.Equal(Json(exposure), Json(read[0]));
        Assert.Equal(["e-1", "e-2"], read.OfType<FeedbackEvent>().Select(e => e.EventId));
        Assert.Equal((3, 0, 0, 0, 0), (log.Events, log.Unchecked, log.Damaged, log.Torn, log.Doubles));
    }

    /// <summary>However a file is cut off, its whole lines are read and the torn one is counted.</summary>
    [Fact]
    public void No_truncation_is_read_as_an_event()
    {
        LoggedEvent[] written = [Feedback("e-1"), Exposure("r-1"), Feedback("e-2")];
        var bytes = Lines(written);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(File1, bytes[..length]);
            var log = new EventLogReader(_folder.Path);

            var read = log.Read().Select(Json).ToArray();

            var whole = bytes.AsSpan(0, length).Count((byte)'\n');
            var isTorn = length > 0 && bytes[length - 1] != '\n';
            Assert.Equal(written.Take(whole).Select(Json), read);
            Assert.Equal((whole, 0, isTorn ? 1 : 0), (log.Events, log.Damaged, log.Torn));
        }
    }

    /// <summary>Whichever bit is flipped, what is read is what was written, at most two lines are lost, and that is counted.</summary>
    [Fact]
    public void No_flipped_bit_is_read_as_an_event()
    {
        LoggedEvent[] written = [Feedback("e-1"), Feedback("e-2"), Feedback("e-3")];
        var bytes = Lines(written);
        var expected = written.Select(Json).ToArray();
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(File1, flipped);
            var log = new EventLogReader(_folder.Path);

            var read = log.Read().Select(Json).ToArray();

            Assert.All(read, entry => Assert.Contains(entry, expected));
            Assert.Equal(read.Length, read.Distinct().Count());
            Assert.InRange(read.Length, 1, 3);
            Assert.True(log.Damaged + log.Torn + log.Unchecked >= 1, $"Bit {bit} went unnoticed.");
        }
    }

    [Fact]
    public void Feedback_of_one_id_counts_once_for_each_user()
    {
        File.WriteAllBytes(File1, Lines(Feedback("e-1"), Feedback("e-1"), Feedback("e-1") with { UserId = "u-2" }, Exposure("r-1"), Exposure("r-1")));
        var log = new EventLogReader(_folder.Path);

        Assert.Equal(4, log.Read().Count());
        Assert.Equal(1, log.Doubles);
    }

    [Fact]
    public void Lines_without_checksums_are_read_where_no_line_has_one()
    {
        File.WriteAllText(File1, $"{Json(Feedback("e-1"))}\n{Json(Feedback("e-2"))}\nno event\n{{\"type\":\"other\"}}\nnull\n");
        var plain = new EventLogReader(_folder.Path);
        Assert.Equal(2, plain.Read().Count());
        Assert.Equal((2, 3), (plain.Unchecked, plain.Damaged));

        File.WriteAllBytes(File1, [.. Lines(Feedback("e-1")), .. Encoding.UTF8.GetBytes(Json(Feedback("e-2")) + "\n")]);
        var mixed = new EventLogReader(_folder.Path);
        Assert.Single(mixed.Read());
        Assert.Equal((0, 1), (mixed.Unchecked, mixed.Damaged));
    }

    [Fact]
    public void Lines_longer_than_any_buffer_are_read()
    {
        var large = Exposure("r-1") with { ItemIds = [.. Enumerable.Range(0, 20_000).Select(i => $"item-{i}")] };
        File.WriteAllBytes(File1, Lines(Feedback("e-1"), large, Feedback("e-2")));

        var read = new EventLogReader(_folder.Path).Read().ToArray();

        Assert.Equal(3, read.Length);
        Assert.Equal(Json(large), Json(read[1]));
    }

    [Fact]
    public void An_exposure_of_before_there_were_variants_has_none()
    {
        var text = Json(Exposure("r-1") with { Variants = [] }).Replace("\"variants\":[],", "", StringComparison.Ordinal);
        Assert.DoesNotContain("variants", text, StringComparison.Ordinal);
        File.WriteAllText(File1, text + "\n");

        Assert.Empty(Assert.IsType<ExposureEvent>(Assert.Single(new EventLogReader(_folder.Path).Read())).Variants);
    }

    [Fact]
    public void A_file_is_read_while_its_writer_holds_it_locked()
    {
        using var writer = new FileStream(File1, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        writer.Write(Lines(Feedback("e-1")));

        Assert.Single(new EventLogReader(_folder.Path).Read());
    }

    [Fact]
    public void A_folder_without_events_is_refused() =>
        Assert.Throws<DataFormatException>(() => new EventLogReader(_folder.Path).Read());

    private static byte[] Lines(params LoggedEvent[] events)
    {
        var lines = new ArrayBufferWriter<byte>();
        foreach (var entry in events)
            EventLine.Write(lines, JsonSerializer.SerializeToUtf8Bytes(entry, LoggedEventJson.Default.LoggedEvent));
        return lines.WrittenSpan.ToArray();
    }

    private static string Json(LoggedEvent entry) => JsonSerializer.Serialize(entry, LoggedEventJson.Default.LoggedEvent);

    private static FeedbackEvent Feedback(string eventId) => new()
    {
        Received = DateTimeOffset.UnixEpoch,
        UserId = "u-1",
        EventId = eventId,
        ItemId = "v/ü",
        Timestamp = DateTimeOffset.UnixEpoch,
        Actions = ["click"],
        WatchSeconds = 12.5f,
    };

    private static ExposureEvent Exposure(string requestId) => new()
    {
        Received = DateTimeOffset.UnixEpoch,
        UserId = "u-1",
        RequestId = requestId,
        Timestamp = DateTimeOffset.UnixEpoch,
        Bundle = "default/1",
        Variants = [new ExposureVariant("fusion", "enhanced")],
        Context = [1],
        User = [2],
        ItemIds = ["v-1", "v-2"],
        Scores = [0.25f, 0.5f],
        Order = [1, 0],
        FinalScores = [0.1, 0.9],
        Action = [1.5f],
        Exploration = new ExposureExploration { Baseline = [1], Lower = [-0.15f], Upper = [0.15f], LogDensity = [-1.2f] },
        Degraded = [],
    };
}
