using System.Net.Sockets;
using MTRec.Core.Events;

namespace MTRec.Serving.Tests.Faults;

/// <summary>The service is asked to end while it is called.</summary>
public sealed class ShutdownTests
{
    [Fact(Timeout = 240_000)]
    public async Task SIGTERM_under_load_fails_no_call_that_was_sent_while_the_service_listened()
    {
        using var service = await ServiceProcess.StartAsync("--Service:DrainTime=00:00:03");
        using var halfSent = new HalfSentRank(service.Client.BaseAddress!);
        var load = RankLoad.Start(service.Client, 8, TimeSpan.FromMilliseconds(2));
        await load.MoreAsync(200);

        service.Signal("TERM");

        // What a balancer does: it asks, and then sends nobody any more.
        while (await IsReadyAsync(service))
            await Task.Delay(20);
        var noticed = load.Count;
        await load.MoreAsync(100);
        using (var live = await service.SendAsync(HttpMethod.Get, "/health/live"))
            Assert.Equal(200, (int)live.StatusCode);

        Assert.Equal(1, (await service.MetricsAsync()).Value("mtrec_draining"));
        var outcomes = await load.StopAsync();
        Assert.All(outcomes, outcome => Assert.True(outcome.Status == 200, $"{outcome.Status} {outcome.Failure}\n{service.Said}"));
        Assert.True(outcomes.Count >= noticed + 100);

        // A call in flight when the listener closes is answered.
        while (await ListensAsync(service))
            await Task.Delay(20);
        Assert.Equal(200, await halfSent.FinishAsync());

        Assert.Equal(0, await service.EndAsync());
        Assert.Contains("not ready from now on", service.Said, StringComparison.Ordinal);
        Assert.Equal(outcomes.Count + 1, EventFiles.Read(service.Events).OfType<ExposureEvent>().Count());
    }

    [Fact(Timeout = 240_000)]
    public async Task Who_goes_on_calling_is_refused_and_not_cut_off()
    {
        using var service = await ServiceProcess.StartAsync("--Service:DrainTime=00:00:01");
        var load = RankLoad.Start(service.Client, 16, TimeSpan.Zero);
        await load.MoreAsync(500);

        Assert.Equal(0, await service.StopAsync());

        var lost = (await load.StopAsync()).Where(outcome => outcome.Status != 200).ToArray();
        Assert.All(lost, outcome => Assert.Contains("Connection refused", outcome.Failure!, StringComparison.Ordinal));
    }

    private static async Task<bool> IsReadyAsync(ServiceProcess service)
    {
        using var answer = await service.SendAsync(HttpMethod.Get, "/health/ready");
        return answer.IsSuccessStatusCode;
    }

    private static async Task<bool> ListensAsync(ServiceProcess service)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(service.Client.BaseAddress!.Host, service.Client.BaseAddress.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
