namespace MTRec.Trainer.ClosedLoop;

/// <summary>How simulated users meet a running service.</summary>
internal sealed record LoopOptions
{
    /// <summary>The replicas' addresses, one or more.</summary>
    public required IReadOnlyList<Uri> Replicas { get; init; }

    /// <summary>Days, 1 or more.</summary>
    public required int Days { get; init; }

    /// <summary>Seconds after which no other day begins; 0 for any time.</summary>
    public double Longest { get; init; }

    /// <summary>Real seconds that a day takes at least, 0 or more.</summary>
    public required double DaySeconds { get; init; }

    /// <summary>Calls in flight, 1 or more.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Seconds within which a call is tried again, above 0.</summary>
    public required double Patience { get; init; }

    /// <summary>Name of the experiment whose variants are compared; null for all users together.</summary>
    public required string? Experiment { get; init; }

    /// <summary>Whether the bundle predicts the task scores; else they are sent.</summary>
    public required bool BundlePredicts { get; init; }

    /// <summary>Stands before the ids of requests and events, so that no two runs share one.</summary>
    public required string Run { get; init; }

    /// <summary>State folder of the worker that learns after every day but the last, while the users wait; null where none is asked to.</summary>
    public required string? Worker { get; init; }

    /// <summary>The worker's join window, in seconds.</summary>
    public required double JoinWindow { get; init; }

    /// <summary>Seed of the users.</summary>
    public required int Seed { get; init; }
}
