using MTRec.Core.Events;

namespace MTRec.Serving.EventLog;

/// <summary>Keeps events for good. A seam: files of this replica, or a stream that all replicas share.</summary>
internal interface IEventLog : IAsyncDisposable
{
    /// <summary>Appends events in their order. One call at a time; after an exception none of them is kept, and the call may be repeated.</summary>
    ValueTask AppendAsync(IReadOnlyList<LoggedEvent> events, CancellationToken cancellation);
}
