using MTRec.Core.Events;

namespace MTRec.Serving.Experiments.Reports;

/// <summary>Reads the event log from where it stopped before: the reading side of <see cref="EventLog.IEventLog"/>. For one thread at a time.</summary>
internal interface IEventTail
{
    /// <summary>Files or streams seen.</summary>
    int Sources { get; }

    /// <summary>What stands in the log and is no event, or not the one that was written.</summary>
    long Damaged { get; }

    /// <summary>Events that the log dropped before they were read here.</summary>
    long Missed { get; }

    /// <summary>Reads what is new.</summary>
    /// <param name="take">Receives the events, those of one user in the order of their logging.</param>
    /// <param name="goOn">Whether to read on.</param>
    /// <param name="cancellation">Ends the reading; what was taken is not read again.</param>
    /// <returns>How much is left unread.</returns>
    /// <exception cref="IOException">The log is out of reach for now.</exception>
    Task<long> ReadAsync(Action<LoggedEvent> take, Func<bool> goOn, CancellationToken cancellation);
}
