using System.Diagnostics.Metrics;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Operations;

/// <summary>
/// Notices where the machine's clock is set. Budgets, expiry and breakers run on time that only passes; what does follow the clock is the moments in
/// the event log, its files' days, and the expiry of keys.
/// </summary>
internal sealed partial class ClockWatch : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly ILogger<ClockWatch> _logger;
    private readonly Counter<long> _jumps;

    /// <summary>Begins with the clock as it is.</summary>
    public ClockWatch(TimeProvider time, IMeterFactory meters, ILogger<ClockWatch> logger)
    {
        _time = time;
        _logger = logger;
        _jumps = meters.Create(Metering.Meter).CreateCounter<long>("mtrec.clock.jumps", "{jump}", "Times that the machine's clock was set by more than a second.");
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Shown from the start on; before it nobody collects yet.
        _jumps.Add(0);
        using var timer = new PeriodicTimer(Period, _time);
        var (clock, passed) = (_time.GetUtcNow(), _time.GetTimestamp());
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var (clockNow, passedNow) = (_time.GetUtcNow(), _time.GetTimestamp());
            var jump = clockNow - clock - _time.GetElapsedTime(passed, passedNow);
            if (jump.Duration() > Tolerance)
            {
                _jumps.Add(1);
                LogJump(jump.TotalSeconds);
            }

            (clock, passed) = (clockNow, passedNow);
        }
    }

    [LoggerMessage(6020, LogLevel.Warning, "The machine's clock was set by {Seconds:+0;-0} s; moments in the event log follow it, sessions and budgets do not")]
    private partial void LogJump(double seconds);
}
