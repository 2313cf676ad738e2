using MTRec.Trainer.Worker.Cycle;

namespace MTRec.Trainer.Worker.Metrics;

/// <summary>How the cycles get on. One thread writes, others read.</summary>
/// <param name="time">The clock.</param>
/// <param name="last">When a cycle last came to a decision, before this process; null where none has.</param>
internal sealed class CycleProgress(TimeProvider time, DateTimeOffset? last)
{
    /// <summary>A cycle that came to no decision.</summary>
    public const string Failed = "failed";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _outcomes = new(StringComparer.Ordinal) { ["published"] = 0, ["refused"] = 0, ["rolledBack"] = 0, [Failed] = 0 };
    private DateTimeOffset? _last = last;
    private CycleDecision? _decision;
    private long? _begun;
    private TimeSpan _spent;

    /// <summary>Cycles by how they ended.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Outcomes
    {
        get
        {
            lock (_gate)
                return [.. _outcomes];
        }
    }

    /// <summary>When a cycle last came to a decision.</summary>
    public DateTimeOffset? LastDecided
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    /// <summary>The last decision that compared policies; null where there was none.</summary>
    public CycleDecision? Compared
    {
        get
        {
            lock (_gate)
                return _decision;
        }
    }

    /// <summary>Whether a cycle turns.</summary>
    public bool IsRunning
    {
        get
        {
            lock (_gate)
                return _begun is not null;
        }
    }

    /// <summary>Time spent learning and judging, that of the cycle that turns included.</summary>
    public TimeSpan Spent
    {
        get
        {
            lock (_gate)
                return _spent + (_begun is { } begun ? time.GetElapsedTime(begun) : TimeSpan.Zero);
        }
    }

    /// <summary>A cycle begins.</summary>
    public void Begin()
    {
        lock (_gate)
            _begun = time.GetTimestamp();
    }

    /// <summary>What began has ended, however.</summary>
    public void End()
    {
        lock (_gate)
        {
            _spent += _begun is { } begun ? time.GetElapsedTime(begun) : TimeSpan.Zero;
            _begun = null;
        }
    }

    /// <summary>A decision was made.</summary>
    public void Decide(CycleDecision decision)
    {
        lock (_gate)
        {
            _outcomes[decision.Outcome] = _outcomes.GetValueOrDefault(decision.Outcome) + 1;
            _last = decision.At;
            if (decision.Transitions is not null)
                _decision = decision;
        }
    }

    /// <summary>A cycle, or a look at what it has published, has failed.</summary>
    public void Fail()
    {
        lock (_gate)
            _outcomes[Failed]++;
    }
}
