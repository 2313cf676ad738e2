using MTRec.Core.Events;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Intake;

/// <summary>Where events come from. A seam: the files or the streams of the service's event log.</summary>
internal interface IEventSource : IAsyncDisposable
{
    /// <summary>Reads on from where a commit stopped.</summary>
    /// <param name="commit">The last commit.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>What came; nothing where all is read.</returns>
    /// <exception cref="IOException">The source is out of reach for now.</exception>
    ValueTask<SourceBatch> ReadAsync(Commit commit, CancellationToken cancellation);

    /// <summary>What was read last is committed, and need not be kept for this reader any more.</summary>
    /// <exception cref="IOException">The source is out of reach for now: it may hand the same entries out again, and knows them by the commit.</exception>
    ValueTask CommittedAsync(CancellationToken cancellation);
}

/// <summary>What a source gave.</summary>
/// <param name="Entries">The entries, those of one user in their order.</param>
/// <param name="Files">How far files are read then.</param>
/// <param name="Streams">How far streams are read then.</param>
/// <param name="Missed">Entries that were gone before they could be read.</param>
internal sealed record SourceBatch(
    IReadOnlyList<SourceEntry> Entries,
    IReadOnlyDictionary<string, FilePlace> Files,
    IReadOnlyDictionary<string, StreamPlace> Streams,
    long Missed = 0);

/// <summary>One entry.</summary>
/// <param name="Event">The event; null where it is damaged.</param>
/// <param name="Line">The event as an <see cref="EventLine"/> with its newline.</param>
internal readonly record struct SourceEntry(LoggedEvent? Event, ReadOnlyMemory<byte> Line)
{
    /// <summary>A damaged entry.</summary>
    public static SourceEntry Damaged => default;
}
