using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker;

/// <summary>How the worker runs.</summary>
internal sealed record WorkerOptions
{
    /// <summary>A folder of event files, or <c>redis://</c> and what StackExchange.Redis reads.</summary>
    public required string Events { get; init; }

    /// <summary>The registry's folder.</summary>
    public required string Registry { get; init; }

    /// <summary>Name of the bundles that are learned for.</summary>
    public string Bundle { get; init; } = "default";

    /// <summary>The state's folder.</summary>
    public required string State { get; init; }

    /// <summary>Days that are kept, up to that of the newest event, 1 or more.</summary>
    public int WindowDays { get; init; } = 14;

    /// <summary>Parts that users are spread over: memory holds one at a time.</summary>
    public int Parts { get; init; } = 16;

    /// <summary>Streams of the event log: the service's <c>EventLog:StreamShards</c>.</summary>
    public int Shards { get; init; } = Core.Events.EventStreamNames.DefaultShards;

    /// <summary>The service's <c>Redis:KeyPrefix</c>.</summary>
    public string Prefix { get; init; } = Core.Events.EventStreamNames.DefaultPrefix;

    /// <summary>The consumer group.</summary>
    public string Group { get; init; } = "worker";

    /// <summary>How transitions are made.</summary>
    public TransitionOptions Transitions { get; init; } = new();
}
