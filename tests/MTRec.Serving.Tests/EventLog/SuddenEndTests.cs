using System.Collections.Concurrent;
using System.Text;
using MTRec.Core.Events;
using MTRec.Data.Events;
using MTRec.Testing;

namespace MTRec.Serving.Tests.EventLog;

/// <summary>The service is killed while it writes.</summary>
public sealed class SuddenEndTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory(Timeout = 240_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_kill_9_every_event_that_is_read_is_one_that_was_written_and_none_is_missing_where_answers_wait_for_that(bool waits)
    {
        var registry = Path.Combine(_folder.Path, "registry");
        var events = Path.Combine(_folder.Path, "events");
        TestBundles.Publish(registry);
        var sent = 0;
        var answered = new ConcurrentBag<string>();
        for (var round = 0; round < 3; round++)
        {
            var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
            using var service = RunningProcess.Start(
                "dotnet", Path.Combine(AppContext.BaseDirectory, "MTRec.Serving.dll"), "--urls", address.ToString(), $"--Registry:Path={registry}", $"--EventLog:Folder={events}", $"--EventLog:Acknowledge={(waits ? "Written" : "Queued")}");
            using var client = new HttpClient { BaseAddress = address };
            await ReadyAsync(client, service);
            var senders = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
            {
                string id;
                while (await TrySendAsync(client, id = $"r-{Interlocked.Increment(ref sent)}"))
                    answered.Add(id);
            })));
            for (var enough = answered.Count + 200; answered.Count < enough; await Task.Delay(10))
                Assert.False(service.HasEnded, service.Said);
            service.Signal("KILL");
            await service.EndAsync();
            await senders;
        }

        var log = new EventLogReader(events);
        var read = log.Read().Cast<ExposureEvent>().ToArray();
        // What waited to be written at the end is lost with the process, and no more.
        Assert.InRange(read.Length, waits ? answered.Count : 1, sent);
        if (waits)
            Assert.Empty(answered.Except(read.Select(exposure => exposure.RequestId)));
        Assert.All(read, exposure =>
        {
            Assert.Equal(20, exposure.ItemIds.Length);
            Assert.Equal(Enumerable.Range(0, 20), exposure.Order.Order());
            Assert.Equal(60, exposure.Scores.Length);
            Assert.InRange(int.Parse(exposure.RequestId[2..], System.Globalization.CultureInfo.InvariantCulture), 1, sent);
        });
        Assert.Equal(read.Length, read.Select(exposure => exposure.RequestId).Distinct().Count());
        // What the second and the third start found torn they have cut off; only the last end may show.
        Assert.Equal((0, 0), (log.Damaged, log.Unchecked));
        Assert.InRange(log.Torn, 0, 1);
    }

    private static async Task<bool> TrySendAsync(HttpClient client, string requestId)
    {
        try
        {
            using var body = new StringContent(Requests.Rows(20).Changed(r => r["requestId"] = requestId).ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri("/v1/rank", UriKind.Relative), body);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task ReadyAsync(HttpClient client, RunningProcess service)
    {
        while (true)
        {
            Assert.False(service.HasEnded, service.Said);
            try
            {
                using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative));
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(50);
        }
    }
}
