using System.Diagnostics.Metrics;
using MTRec.Serving.Http;
using MTRec.Serving.Operations;
using MTRec.Serving.Operations.Telemetry;

namespace MTRec.Serving.Ranking;

/// <summary>
/// Keeps rank calls within what the processors can do: some are scored at a time, some wait for their turn, and more are refused at once, before anything
/// of them is parsed. So an overload costs those that are answered the wait, and the service what reading the bodies of the others takes.
/// </summary>
internal sealed partial class RankGate : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly int _limit;
    private readonly SemaphoreSlim _turns;
    private readonly Counter<long> _shed;
    private readonly OnceASecond _line;
    private readonly ILogger<RankGate> _logger;
    private int _working;
    private long _shedCalls;

    /// <summary>Opens.</summary>
    public RankGate(RankOptions options, TimeProvider time, IMeterFactory meters, ILogger<RankGate> logger)
    {
        var concurrent = options.MaxConcurrent ?? Environment.ProcessorCount;
        _limit = concurrent + options.MaxWaiting;
        _turns = new SemaphoreSlim(concurrent, concurrent);
        _line = new OnceASecond(time);
        _logger = logger;
        var meter = meters.Create(Metering.Meter);
        _shed = meter.CreateCounter<long>("mtrec.rank.shed", "{call}", "Rank calls refused because too many were being worked on.");
        _shed.Add(0);
        meter.CreateObservableGauge("mtrec.rank.working", () => Volatile.Read(ref _working), "{call}", "Rank calls that are scored or wait for their turn.");
    }

    /// <summary>The answer to a call that is not let in.</summary>
    public static Problem Full { get; } = Problem.Unavailable("Too many rank calls at once; nothing of this one was done.", Pause);

    /// <summary>Lets a call in, which has to <see cref="Leave"/>, or refuses it.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _working) <= _limit)
            return true;
        Leave();
        _shed.Add(1);
        var shed = Interlocked.Increment(ref _shedCalls);
        if (_line.IsTime())
            LogShed(shed, _limit);
        return false;
    }

    /// <summary>The call is done, or waits for somebody else's work, which takes no processor.</summary>
    public void Leave() => Interlocked.Decrement(ref _working);

    /// <summary>The call that has left for a while is back, whatever came meanwhile.</summary>
    public void Return() => Interlocked.Increment(ref _working);

    /// <summary>Waits for a turn to score.</summary>
    /// <exception cref="OperationCanceledException">The caller hung up, or its time is over.</exception>
    public async ValueTask<Turn> TurnAsync(CancellationToken cancellation)
    {
        await _turns.WaitAsync(cancellation);
        return new Turn(_turns);
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();

    [LoggerMessage(1020, LogLevel.Warning, "Overload: {Shed} rank calls refused since the start, because {Limit} were being worked on")]
    private partial void LogShed(long shed, int limit);

    /// <summary>A turn, until it is disposed.</summary>
    internal readonly struct Turn(SemaphoreSlim turns) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => turns.Release();
    }
}
