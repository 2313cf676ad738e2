using System.Text;
using MTRec.Core.Events;
using MTRec.Data;
using MTRec.Trainer.Worker.State;
using Xunit;
using static MTRec.Trainer.Tests.Worker.WorkerEvents;

namespace MTRec.Trainer.Tests.Worker;

public sealed class FileIntakeTests : IDisposable
{
    private readonly WorkerBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Events_of_several_replicas_are_taken_in_once_and_the_rest_at_the_next_time()
    {
        Append(_bench.EventFile("a/events-20260131-0001.jsonl"), Visit("u-1", Start, 3));
        Append(_bench.EventFile("b/events-20260131-0001.jsonl"), Visit("u-2", Start, 2));
        var first = await _bench.CatchUpAsync();
        Append(_bench.EventFile("a/events-20260131-0001.jsonl"), Visit("u-3", Start, 1));
        var second = await _bench.CatchUpAsync();
        var third = await _bench.CatchUpAsync();

        Assert.Equal(new EventCounts(5, 5), first.Counts.Received);
        Assert.Equal(new EventCounts(6, 6), second.Counts.Received);
        Assert.Equal(second.ToBytes(), third.ToBytes());
        Assert.Equal(12, (await _bench.ReadAsync()).Count);
    }

    [Fact]
    public async Task A_line_without_its_end_waits_for_it()
    {
        var lines = Lines(Visit("u-1", Start, 1));
        Append(_bench.EventFile("e.jsonl"), lines[..^10]);
        Assert.Equal(1, (await _bench.CatchUpAsync()).Counts.Entries);

        Append(_bench.EventFile("e.jsonl"), lines[^10..]);
        var commit = await _bench.CatchUpAsync();

        Assert.Equal((2, 0), (commit.Counts.Entries, commit.Counts.Damaged));
    }

    [Fact]
    public async Task A_renamed_file_is_read_on_and_one_made_anew_from_its_start()
    {
        var path = _bench.EventFile("events.jsonl");
        Append(path, Visit("u-1", Start, 2));
        await _bench.CatchUpAsync();

        File.Move(path, _bench.EventFile("events.1.jsonl"));
        Append(_bench.EventFile("events.1.jsonl"), Visit("u-1", Start.AddHours(1), 1));
        Append(path, Visit("u-2", Start, 4));
        var renamed = await _bench.CatchUpAsync();
        Assert.Equal(new EventCounts(7, 7), renamed.Counts.Received);

        // Removed, and another of the same name that is longer than what was read of the first.
        File.Delete(path);
        Append(path, Visit("u-3", Start, 9));
        var replaced = await _bench.CatchUpAsync();

        Assert.Equal(new EventCounts(16, 16), replaced.Counts.Received);
        Assert.Equal(32, (await _bench.ReadAsync()).Count);
    }

    [Fact]
    public async Task A_file_that_was_cut_back_gives_its_events_once_nevertheless()
    {
        var path = _bench.EventFile("events.jsonl");
        var (kept, abandoned) = (Lines(Visit("u-1", Start, 2)), Lines(Visit("u-2", Start, 2)));
        Append(path, [.. kept, .. abandoned]);
        await _bench.CatchUpAsync();

        // The batch failed after all, and comes again with another before it.
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(kept.Length);
        Append(path, [.. Lines(Visit("u-3", Start, 1)), .. abandoned]);
        await _bench.CatchUpAsync();

        Assert.Equal(5, (await _bench.ReadAsync()).Count(entry => entry is ExposureEvent));
    }

    [Fact]
    public async Task Damaged_lines_are_counted_and_never_read_as_events()
    {
        var lines = Encoding.UTF8.GetString(Lines(Visit("u-1", Start, 3))).Split('\n');
        lines[1] = lines[1].Replace("\"watchSeconds\":5", "\"watchSeconds\":6", StringComparison.Ordinal);
        lines[2] = "{\"type\":\"expo";
        lines[4] = lines[4][..lines[4].IndexOf(",\"crc\"", StringComparison.Ordinal)] + "}";
        Append(_bench.EventFile("e.jsonl"), Encoding.UTF8.GetBytes(string.Join('\n', lines)));

        var commit = await _bench.CatchUpAsync();

        Assert.Equal((6, 3), (commit.Counts.Entries, commit.Counts.Damaged));
        Assert.Equal(new EventCounts(1, 2), commit.Counts.Received);
    }

    [Fact]
    public async Task Lines_without_checksums_get_them()
    {
        var lines = Encoding.UTF8.GetString(Lines(Visit("u-1", Start, 2))).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line[..line.IndexOf(",\"crc\"", StringComparison.Ordinal)] + "}\n");
        Append(_bench.EventFile("e.jsonl"), Encoding.UTF8.GetBytes(string.Concat(lines)));

        var commit = await _bench.CatchUpAsync();

        Assert.Equal((new EventCounts(2, 2), 0), (commit.Counts.Received, commit.Counts.Damaged));
        Assert.Equal(4, (await _bench.ReadAsync()).Count);
    }

    [Fact]
    public async Task Days_leave_the_window_and_its_files_with_them()
    {
        using var bench = new WorkerBench { WindowDays = 3 };
        for (var day = 0; day < 5; day++)
            Append(bench.EventFile($"{day}.jsonl"), Visit("u-1", Start.AddDays(day), 1 + day));
        var commit = await bench.CatchUpAsync();
        Append(bench.EventFile("late.jsonl"), Visit("u-2", Start.AddDays(1), 2));
        Append(bench.EventFile("wrong-clock.jsonl"), Visit("u-3", DateTimeOffset.UtcNow.AddDays(100), 1));
        var later = await bench.CatchUpAsync();

        Assert.Equal((new EventCounts(15, 15), new EventCounts(3, 3)), (commit.Counts.Received, commit.Counts.OutOfWindow));
        Assert.Equal((new EventCounts(18, 18), new EventCounts(6, 6)), (later.Counts.Received, later.Counts.OutOfWindow));
        Assert.Equal(24, (await bench.ReadAsync()).Count);
        Assert.Equal(["2026-02-02", "2026-02-03", "2026-02-04"], Directory.GetDirectories(Path.Combine(bench.State, "events")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task What_no_commit_names_is_cut_off_and_a_lost_byte_is_noticed()
    {
        Append(_bench.EventFile("e.jsonl"), Visit("u-1", Start, 2));
        await _bench.CatchUpAsync();
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_bench.State, "events"), "*", SearchOption.AllDirectories));
        var whole = File.ReadAllBytes(file);
        File.WriteAllBytes(file, [.. whole, .. "{\"type\""u8]);
        File.WriteAllText(Path.Combine(Path.GetDirectoryName(file)!, "part-99.7.jsonl"), "left over");

        using (await _bench.OpenAsync())
        {
            Assert.Equal(whole, File.ReadAllBytes(file));
            Assert.Equal([file], Directory.GetFiles(Path.Combine(_bench.State, "events"), "*", SearchOption.AllDirectories));
        }

        File.WriteAllBytes(file, whole[..^1]);
        await Assert.ThrowsAsync<DataFormatException>(_bench.OpenAsync);
    }

    [Fact]
    public async Task An_end_between_writing_and_committing_changes_nothing()
    {
        Append(_bench.EventFile("e.jsonl"), [.. Visit("u-1", Start, 2), .. Visit("u-2", Start, 2)]);
        var before = await _bench.CatchUpAsync();
        var lines = Lines(Visit("u-3", Start, 1));
        var place = (DateOnly.FromDateTime(Start.UtcDateTime), 1);
        using (var state = await _bench.OpenAsync())
        {
            Assert.Throws<IOException>(() => state.Append(
                new Dictionary<(DateOnly, int), (ReadOnlyMemory<byte>, EventCounts)> { [place] = (lines, new EventCounts(1, 1)) }, _ => throw new IOException("gone")));
            Assert.Throws<IOException>(() => state.Erase(new HashSet<int> { 0, 1, 2, 3 }, entry => entry.UserId == "u-1", (_, _, _) => throw new IOException("gone")));
            Assert.Equal(before.ToBytes(), state.Commit.ToBytes());
        }

        Append(_bench.EventFile("e.jsonl"), Visit("u-4", Start, 3));
        await _bench.CatchUpAsync();

        Assert.Equal(["u-1", "u-2", "u-4"], (await _bench.ReadAsync()).Select(entry => entry.UserId).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(14, (await _bench.ReadAsync()).Count);
    }

    [Fact]
    public async Task A_damaged_commit_and_another_number_of_parts_are_refused()
    {
        Append(_bench.EventFile("e.jsonl"), Visit("u-1", Start, 1));
        await _bench.CatchUpAsync();
        await Assert.ThrowsAsync<DataFormatException>(() => StateFolder.OpenAsync(_bench.State, 5, () => { }, CancellationToken.None));

        var commit = Path.Combine(_bench.State, "commit");
        var bytes = File.ReadAllBytes(commit);
        bytes[^5] ^= 1;
        File.WriteAllBytes(commit, bytes);

        await Assert.ThrowsAsync<DataFormatException>(_bench.OpenAsync);
    }
}
