using Microsoft.Extensions.Logging.Abstractions;
using MTRec.Core.Events;
using MTRec.Serving.EventLog;
using MTRec.Serving.Operations;
using MTRec.Testing;

namespace MTRec.Serving.Tests.EventLog;

public sealed class FileEventLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Events_are_lines_in_a_file_of_the_day()
    {
        await using (var log = Log())
        {
            await log.AppendAsync([Event("e-1"), Event("e-2")], default);
            await log.AppendAsync([Event("e-3")], default);
        }

        Assert.Equal(["events-20260131-0001.jsonl"], Files());
        Assert.Equal(["e-1", "e-2", "e-3"], Ids());
        Assert.StartsWith("{\"type\":\"feedback\",", File.ReadAllText(Path.Combine(_folder.Path, Files()[0])), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_day_begins_another_file()
    {
        await using var log = Log();
        await log.AppendAsync([Event("e-1")], default);
        _time.Advance(TimeSpan.FromHours(4));
        await log.AppendAsync([Event("e-2")], default);

        Assert.Equal(["events-20260131-0001.jsonl", "events-20260201-0001.jsonl"], Files());
    }

    [Fact]
    public async Task A_full_file_is_followed_by_another()
    {
        await using (var log = Log(new EventLogOptions { MaxFileBytes = 4096 }))
        {
            for (var i = 0; i < 100; i++)
                await log.AppendAsync([Event($"e-{i:D3}")], default);
        }

        Assert.InRange(Files().Length, 3, 20);
        Assert.All(Files(), file => Assert.InRange(new FileInfo(Path.Combine(_folder.Path, file)).Length, 1, 4096 + 500));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"e-{i:D3}"), Ids());
    }

    [Theory]
    [InlineData("{\"type\":\"feedback\",\"eventId\":\"torn")]
    [InlineData("{")]
    public async Task A_torn_end_is_cut_off_and_the_file_goes_on(string torn)
    {
        await using (var log = Log())
            await log.AppendAsync([Event("e-1")], default);
        File.AppendAllText(Path.Combine(_folder.Path, Files()[0]), torn);

        await using (var log = Log())
            await log.AppendAsync([Event("e-2")], default);

        Assert.Equal(["e-1", "e-2"], Ids());
    }

    [Fact]
    public async Task A_file_that_is_torn_from_its_start_is_emptied()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "events-20260131-0001.jsonl"), new string('x', 10_000));

        await using (var log = Log())
            await log.AppendAsync([Event("e-1")], default);

        Assert.Equal(["e-1"], Ids());
    }

    [Fact]
    public async Task Two_writers_never_share_a_file()
    {
        await using (var first = Log())
        await using (var second = Log())
        {
            await first.AppendAsync([Event("a-1")], default);
            await second.AppendAsync([Event("b-1")], default);
            await first.AppendAsync([Event("a-2")], default);
        }

        Assert.Equal(["events-20260131-0001.jsonl", "events-20260131-0002.jsonl"], Files());
        Assert.Equal(["a-1", "a-2", "b-1"], Ids());
    }

    [Fact]
    public async Task A_file_that_is_removed_is_followed_by_another()
    {
        await using (var log = Log())
        {
            await log.AppendAsync([Event("e-1")], default);
            File.Delete(Path.Combine(_folder.Path, Files()[0]));
            await log.AppendAsync([Event("e-2")], default);
        }

        Assert.Equal(["e-2"], Ids());
    }

    [Fact]
    public async Task What_cannot_be_written_leaves_no_trace_and_can_be_written_later()
    {
        var blocked = Path.Combine(_folder.Path, "events");
        File.WriteAllText(blocked, "a file where the folder should be");
        var log = new FileEventLog(new EventLogOptions { Folder = blocked }, new ServiceRoot(_folder.Path), _time, NullLogger<FileEventLog>.Instance);

        await Assert.ThrowsAnyAsync<IOException>(async () => await log.AppendAsync([Event("e-1")], default));
        File.Delete(blocked);
        await log.AppendAsync([Event("e-1")], default);
        await log.DisposeAsync();

        Assert.Equal("e-1", Assert.IsType<FeedbackEvent>(Assert.Single(EventFiles.Read(blocked))).EventId);
    }

    private FileEventLog Log(EventLogOptions? options = null)
    {
        options ??= new EventLogOptions();
        options.Folder = _folder.Path;
        return new FileEventLog(options, new ServiceRoot(_folder.Path), _time, NullLogger<FileEventLog>.Instance);
    }

    private string[] Files() => [.. Directory.GetFiles(_folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private IEnumerable<string> Ids() => EventFiles.Read(_folder.Path).Cast<FeedbackEvent>().Select(e => e.EventId);

    private FeedbackEvent Event(string id) => TestEvents.Feedback(id, "u-1", _time.GetUtcNow());
}
