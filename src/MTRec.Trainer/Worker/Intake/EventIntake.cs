using System.Buffers;
using MTRec.Core.Events;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Intake;

/// <summary>
/// Takes events from a source into the state, batch by batch: what a batch holds and how far the source is read then are committed together, so that
/// each entry comes in once, whatever happens in between.
/// </summary>
/// <param name="state">The state.</param>
/// <param name="source">The source.</param>
/// <param name="windowDays">Days that are kept, 1 or more: up to that of the newest event.</param>
/// <param name="time">The clock: an event from after tomorrow is no event of the window, and does not move it.</param>
internal sealed class EventIntake(StateFolder state, IEventSource source, int windowDays, TimeProvider time)
{
    /// <summary>Takes the next batch in.</summary>
    /// <returns>Entries taken; 0 where all are.</returns>
    /// <exception cref="IOException">The source is out of reach, or the disk refuses: nothing has changed, and the step may be repeated.</exception>
    public async Task<int> StepAsync(CancellationToken cancellation)
    {
        var batch = await source.ReadAsync(state.Commit, cancellation);
        if (batch.Entries.Count == 0 && batch.Missed == 0 && SamePlaces(state.Commit, batch))
            return 0;
        Take(batch);
        await source.CommittedAsync(CancellationToken.None);
        return batch.Entries.Count;
    }

    /// <summary>Erases the events of users who were forgotten since, where there are any.</summary>
    /// <exception cref="IOException">The disk refuses: nothing has changed.</exception>
    public void Erase()
    {
        var forgotten = new ForgottenUsers(state.Commit);
        var parts = forgotten.PartsToErase;
        if (parts.Count == 0)
            return;
        forgotten.MarkErased();
        state.Erase(parts, forgotten.Drops, (files, dropped, lost) => state.Commit with
        {
            Events = files,
            Forgotten = forgotten.Users,
            Counts = state.Commit.Counts with { Forgotten = state.Commit.Counts.Forgotten + dropped, Lost = state.Commit.Counts.Lost + lost },
        });
    }

    // Streams hand out entries again that are committed: then there is something to acknowledge, and nothing to write.
    private static bool SamePlaces(Commit commit, SourceBatch batch) =>
        commit.Files.Count == batch.Files.Count && commit.Streams.Count == batch.Streams.Count
        && batch.Files.All(file => commit.Files.GetValueOrDefault(file.Key) == file.Value)
        && batch.Streams.All(stream => commit.Streams.GetValueOrDefault(stream.Key) == stream.Value);

    private void Take(SourceBatch batch)
    {
        var commit = state.Commit;
        var forgotten = new ForgottenUsers(commit);
        var (counts, newest) = (commit.Counts, commit.Newest);
        var tomorrow = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(1);
        foreach (var (entry, _) in batch.Entries)
        {
            if (entry is ForgetEvent deletion)
                forgotten.Add(deletion);
            else if (entry is not null && DayOf(entry) <= tomorrow && !(newest >= entry.Received))
                newest = entry.Received;
        }

        var firstDay = newest is { } end ? DateOnly.FromDateTime(end.UtcDateTime).AddDays(1 - windowDays) : DateOnly.MinValue;
        var lines = new Dictionary<(DateOnly, int), (ArrayBufferWriter<byte> Lines, EventCounts Counts)>();
        foreach (var (entry, line) in batch.Entries)
        {
            counts = counts with { Entries = counts.Entries + 1 };
            if (entry is null)
            {
                counts = counts with { Damaged = counts.Damaged + 1 };
                continue;
            }

            if (entry is ForgetEvent)
            {
                counts = counts with { Forgets = counts.Forgets + 1 };
                continue;
            }

            var (one, day) = (EventCounts.Of(entry), DayOf(entry));
            counts = counts with { Received = counts.Received + one };
            if (forgotten.Drops(entry))
            {
                counts = counts with { Forgotten = counts.Forgotten + one };
            }
            else if (day < firstDay || day > tomorrow)
            {
                counts = counts with { OutOfWindow = counts.OutOfWindow + one };
            }
            else
            {
                var place = (day, UserPart.Of(entry.UserId, commit.Parts));
                var (bytes, already) = lines.TryGetValue(place, out var file) ? file : (new ArrayBufferWriter<byte>(), default);
                bytes.Write(line.Span);
                lines[place] = (bytes, already + one);
            }
        }

        forgotten.Expire(firstDay);
        state.Append(
            lines.ToDictionary(file => file.Key, file => (file.Value.Lines.WrittenMemory, file.Value.Counts)),
            files => commit with
            {
                Files = batch.Files.Where(file => file.Value.Seen >= firstDay).ToDictionary(StringComparer.Ordinal),
                Streams = batch.Streams,
                Events = [.. files.Where(file => file.Day >= firstDay)],
                Forgotten = forgotten.Users,
                Newest = newest,
                Counts = counts with
                {
                    Missed = counts.Missed + batch.Missed,
                    OutOfWindow = files.Where(file => file.Day < firstDay).Aggregate(counts.OutOfWindow, (sum, file) => sum + file.Counts),
                },
            });
    }

    private static DateOnly DayOf(LoggedEvent entry) => DateOnly.FromDateTime(entry.Received.UtcDateTime);
}
