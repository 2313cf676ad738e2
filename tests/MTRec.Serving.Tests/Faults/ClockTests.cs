using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using MTRec.Core.Events;
using MTRec.Testing;

namespace MTRec.Serving.Tests.Faults;

/// <summary>The machine's clock is set forwards and backwards. In process: a machine has one clock for all that runs on it.</summary>
public sealed class ClockTests
{
    // Longer than any session is remembered.
    private static readonly TimeSpan Years = TimeSpan.FromDays(1000);

    [Theory(Timeout = 240_000)]
    [InlineData("inProcess")]
    [RedisInlineData("redis")]
    public async Task Sessions_and_events_outlive_a_clock_that_jumps(string store)
    {
        await using var redis = store == "redis" ? await RedisServer.StartAsync() : null;
        var clock = new JumpingTime();
        await using var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry),
            services => services.AddSingleton<TimeProvider>(clock),
            $"--Sessions:Store={store}", $"--Redis:Configuration={redis?.Address ?? "none"}", "--Redis:ReadBudget=00:00:05", "--Redis:WriteBudget=00:00:05");

        // A day forwards, years backwards, years forwards, back to the truth: each time with events that were sent before.
        TimeSpan[] jumps = [TimeSpan.Zero, TimeSpan.FromDays(1), -Years, Years, TimeSpan.Zero];
        for (var i = 0; i < jumps.Length; i++)
        {
            clock.Offset = jumps[i];
            Assert.Equal((1, 0), await FeedbackAsync(app, i));
            for (var before = 0; before <= i; before++)
                Assert.Equal((0, 1), await FeedbackAsync(app, before));
            Assert.Equal(i + 1, (await app.SessionAsync("u-1"))!.TotalEvents);
            Assert.Equal(Enumerable.Range(0, i + 1), (await app.SessionAsync("u-1"))!.Events.Select(shown => int.Parse(shown.ItemId[2..], provider: null)));

            // Without a moment of the caller's own: history is as old as the clock says.
            var answer = await app.RankAsync(Requests.Rows().Changed(request => request.Remove("timestamp")));
            Assert.Empty(answer.Degraded);
            Assert.All(answer.Items, item => Assert.True(double.IsFinite(item.Score)));
            using var ready = await app.SendAsync(HttpMethod.Get, "/health/ready");
            Assert.True(ready.IsSuccessStatusCode);
            // The log has a file a day: those of the clock's days, whichever comes first.
            await Eventually.TrueAsync(() => EventFiles.Read(app.EventFolder).Count >= 2 * (i + 1), () => "The events were not written.");
        }

        var events = await app.StopAndReadEventsAsync();
        Assert.Equal(jumps.Length, events.OfType<ExposureEvent>().Select(exposure => exposure.RequestId).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, jumps.Length).Select(i => $"e-{i}"), events.OfType<FeedbackEvent>().Select(feedback => feedback.EventId).Order(StringComparer.Ordinal));
        Assert.Equal(2 * jumps.Length, events.Count);
        Assert.Equal(4, Directory.GetFiles(app.EventFolder).Length);
    }

    private static async Task<(int Accepted, int Duplicates)> FeedbackAsync(RankApp app, int number)
    {
        var shown = Requests.Event($"e-{number}", itemId: $"v-{number}", actions: ["click"]);
        shown["timestamp"] = $"2026-01-31T20:10:{number:D2}Z";
        var answer = await app.FeedbackAsync(shown);
        Assert.Empty(answer.Rejected);
        return (answer.Accepted, answer.Duplicates);
    }

    [Fact(Timeout = 240_000)]
    public async Task A_clock_that_is_set_is_counted_and_said_and_one_that_runs_is_not()
    {
        using var folder = new TemporaryFolder();
        var log = Path.Combine(folder.Path, "log");
        var clock = new JumpingTime();
        await using (var app = await RankApp.StartAsync(
            registry => TestBundles.Publish(registry),
            services => services.AddSingleton<TimeProvider>(clock),
            "--Serilog:MinimumLevel:Override:MTRec.Serving.Operations.ClockWatch=Warning", "--Serilog:WriteTo:0:Name=File", $"--Serilog:WriteTo:0:Args:path={log}"))
        {
            var jumps = 0L;
            using var listener = new MeterListener
            {
                InstrumentPublished = (instrument, meter) =>
                {
                    if (instrument.Name == "mtrec.clock.jumps" && instrument.Meter.Scope == app.Services.GetRequiredService<IMeterFactory>())
                        meter.EnableMeasurementEvents(instrument);
                },
            };
            listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref jumps, value));
            listener.Start();
            await Task.Delay(TimeSpan.FromSeconds(2.5));
            Assert.Equal(0, Interlocked.Read(ref jumps));

            foreach (var offset in new[] { TimeSpan.FromHours(-1), TimeSpan.FromDays(1) })
            {
                var before = Interlocked.Read(ref jumps);
                clock.Offset = offset;
                await Eventually.TrueAsync(() => Interlocked.Read(ref jumps) != before, () => "Nobody noticed.");
            }

            Assert.Equal(2, Interlocked.Read(ref jumps));
        }

        var lines = await File.ReadAllLinesAsync(log);
        Assert.Single(lines, line => line.Contains("was set by -3600 s", StringComparison.Ordinal));
        Assert.Single(lines, line => line.Contains("was set by +90000 s", StringComparison.Ordinal));
    }

    /// <summary>The time of day is somebody else's, time itself goes on.</summary>
    private sealed class JumpingTime : TimeProvider
    {
        private long _offset;

        public TimeSpan Offset
        {
            get => new(Interlocked.Read(ref _offset));
            set => Interlocked.Exchange(ref _offset, value.Ticks);
        }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }
}
