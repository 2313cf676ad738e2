using System.Text.Json.Nodes;
using MTRec.Core.Events;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>The disk of the event log is full: a tmpfs of one megabyte, which only the service's process sees.</summary>
public sealed class DiskFullTests
{
    [SmallDiskFact(Timeout = 240_000)]
    public async Task A_full_disk_costs_exposures_which_are_counted_then_feedback_is_refused_and_with_space_all_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var service = await ServiceProcess.StartAsync(
            registry => TestBundles.Publish(registry),
            ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"", folder.Path],
            $"--EventLog:Folder={folder.Path}", "--EventLog:QueueBytes=65536");
        var disk = $"/proc/{service.Id}/root{folder.Path}";
        var answered = 0;
        var dropped = 0;
        var accepted = new HashSet<string>();

        // Full in the middle of a file.
        for (var i = 0; i < 5; i++)
        {
            await RankAsync(10);
            await WrittenAsync();
        }

        Assert.Equal(202, await FeedbackAsync("before"));
        await WrittenAsync();
        Assert.Equal(0, dropped);
        await FillAsync(Path.Combine(disk, "ballast"));
        for (var deadline = DateTime.UtcNow.AddMinutes(1); dropped < 20; Assert.True(DateTime.UtcNow < deadline, service.Said))
            await RankAsync(20);
        // An event of feedback is smaller than an exposure: some still find room.
        for (var i = 0; await FeedbackAsync($"last-{i}") != 503; i++)
            Assert.InRange(i, 0, 10);
        var metrics = await service.MetricsAsync();
        Assert.Equal(dropped, metrics.Value("mtrec_event_log_dropped_total"));
        Assert.Equal(dropped, metrics.Value("mtrec_rank_degraded_total", ("part", "eventLog")));
        Assert.Equal(1, metrics.Value("mtrec_event_log_refused_total"));
        Assert.True(metrics.Value("mtrec_event_log_failed_writes_total") > 0);
        Assert.True(metrics.Value("mtrec_event_log_queued_bytes") > 50_000);
        var before = dropped;

        File.Delete(Path.Combine(disk, "ballast"));
        await Eventually.TrueAsync(async () => await FeedbackAsync("after") == 202, () => service.Said, TimeSpan.FromMilliseconds(50));
        await WrittenAsync();
        await RankAsync(10);
        await WrittenAsync();
        Assert.Equal(before, dropped);

        // Every line is whole; what was answered and not said to be dropped is there, once.
        var events = EventFiles.Read(disk);
        Assert.Equal(answered - dropped, events.OfType<ExposureEvent>().Select(exposure => exposure.RequestId).Distinct().Count());
        Assert.Equal(answered - dropped, events.OfType<ExposureEvent>().Count());
        Assert.Equal(accepted.Order(), events.OfType<FeedbackEvent>().Select(feedback => feedback.EventId).Order());

        Assert.Equal(0, await service.StopAsync());
        var lines = service.Said.Split('\n');
        Assert.Contains(lines, line => line.Contains("could not be written to the event log", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("exposures dropped since the start", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("feedback is refused", StringComparison.Ordinal));

        Task WrittenAsync() => Eventually.TrueAsync(async () => (await service.MetricsAsync()).Value("mtrec_event_log_queued_bytes") == 0, () => service.Said);

        async Task RankAsync(int calls)
        {
            for (var i = 0; i < calls; i++)
            {
                using var answer = await service.SendAsync(HttpMethod.Post, "/v1/rank", Requests.Rows(20).ToJsonString());
                Assert.Equal(200, (int)answer.StatusCode);
                string[] degraded = [.. JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["degraded"]!.AsArray().Select(part => (string)part!)];
                Assert.True(degraded is [] or ["eventLog"], string.Join(' ', degraded));
                answered++;
                dropped += degraded.Length;
            }
        }

        async Task<int> FeedbackAsync(string eventId)
        {
            using var answer = await service.SendAsync(
                HttpMethod.Post, "/v1/feedback", new JsonObject { ["events"] = new JsonArray(Requests.Event(eventId)) }.ToJsonString());
            if (answer.IsSuccessStatusCode)
                accepted.Add(eventId);
            else
                Assert.NotNull(answer.Headers.RetryAfter);
            return (int)answer.StatusCode;
        }
    }

    // A tmpfs counts its pages processor by processor, and may say that it is full a little before it is.
    private static async Task FillAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        for (var refused = 0; refused < 5; refused++)
        {
            try
            {
                for (; ; refused = 0)
                    file.Write(block);
            }
            catch (IOException)
            {
                await Task.Delay(20);
            }
        }
    }
}
