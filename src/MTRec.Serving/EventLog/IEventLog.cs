using MTRec.Core.Events;

namespace MTRec.Serving.EventLog;

/// <summary>Keeps events for good. A seam: files of this replica, or a stream that all replicas share.</summary>
internal interface IEventLog : IAsyncDisposable
{
    /// <summary>
    /// Appends events, those of one user in their order. One call at a time. After an exception the call may be repeated with the same
    /// events, or with those of them that nobody has forgotten meanwhile, before it comes with others: none is kept twice.
    /// </summary>
    /// <exception cref="IOException">The log is out of reach for now.</exception>
    ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation);
}
