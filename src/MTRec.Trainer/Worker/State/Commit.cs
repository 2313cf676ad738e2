using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Core.Events;
using MTRec.Data;

namespace MTRec.Trainer.Worker.State;

/// <summary>
/// All that the worker knows for sure, at one moment: how far each source is read, and which bytes of which files hold what was read. What is
/// not in it never happened. Immutable; <see cref="StateFolder"/> replaces it whole.
/// </summary>
internal sealed record Commit
{
    /// <summary>The only format so far.</summary>
    public const string CurrentFormat = "mtrec-worker/1";

    /// <summary>Always <see cref="CurrentFormat"/>.</summary>
    public required string Format { get; init; }

    /// <summary>Identifies the state folder.</summary>
    public required string StateId { get; init; }

    /// <summary>What users' ids are hashed with where they must be recognised but not known, hexadecimal.</summary>
    public required string Salt { get; init; }

    /// <summary>Number of parts that users are spread over.</summary>
    public required int Parts { get; init; }

    /// <summary>How far event files are read, by the hash of their first line: a file that is renamed is the same, one that is made anew is not.</summary>
    public IReadOnlyDictionary<string, FilePlace> Files { get; init; } = new Dictionary<string, FilePlace>();

    /// <summary>How far streams are read, by their key.</summary>
    public IReadOnlyDictionary<string, StreamPlace> Streams { get; init; } = new Dictionary<string, StreamPlace>();

    /// <summary>The events of the window.</summary>
    public IReadOnlyList<PartFile> Events { get; init; } = [];

    /// <summary>Users that are forgotten, by <see cref="ForgottenUsers.Hash"/>.</summary>
    public IReadOnlyDictionary<string, ForgottenUser> Forgotten { get; init; } = new Dictionary<string, ForgottenUser>();

    /// <summary>When the newest event was received: the window's end.</summary>
    public DateTimeOffset? Newest { get; init; }

    /// <summary>What came in since the folder was made.</summary>
    public IntakeCounts Counts { get; init; } = new();

    /// <summary>A state of nothing.</summary>
    /// <param name="id">Identifies the folder.</param>
    /// <param name="salt">Hexadecimal.</param>
    /// <param name="parts">1 or more.</param>
    public static Commit Empty(string id, string salt, int parts) => new() { Format = CurrentFormat, StateId = id, Salt = salt, Parts = parts };

    /// <summary>The bytes of the commit's file: the CRC-32C of the rest in hexadecimal, a newline, JSON.</summary>
    public byte[] ToBytes()
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(this, CommitJson.Default.Commit);
        return [.. Encoding.ASCII.GetBytes(Crc32C.Of(json).ToString("x8", CultureInfo.InvariantCulture)), (byte)'\n', .. json];
    }

    /// <summary>Reads a commit's file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Its path, for the reason.</param>
    /// <exception cref="DataFormatException">It is damaged, or of another format.</exception>
    public static Commit Parse(byte[] bytes, string path)
    {
        var end = Array.IndexOf(bytes, (byte)'\n');
        var json = bytes.AsSpan(end + 1);
        if (end != 8 || Encoding.ASCII.GetString(bytes, 0, end) != Crc32C.Of(json).ToString("x8", CultureInfo.InvariantCulture))
            throw new DataFormatException($"{path}: the checksum does not fit; the file is damaged.");
        try
        {
            var commit = JsonSerializer.Deserialize(json, CommitJson.Default.Commit);
            return commit?.Format == CurrentFormat ? commit : throw new DataFormatException($"{path}: the format is '{commit?.Format}', not '{CurrentFormat}'.");
        }
        catch (JsonException e)
        {
            throw new DataFormatException($"{path}: {e.Message}", e);
        }
    }
}

/// <summary>How far an event file is read.</summary>
/// <param name="Position">Bytes.</param>
/// <param name="IsChecked">Whether a line had a checksum: from then on, one without has lost it.</param>
/// <param name="Seen">The day on which the file was last there.</param>
internal sealed record FilePlace(long Position, bool IsChecked, DateOnly Seen);

/// <summary>How far a stream is read.</summary>
/// <param name="LastId">The entry read last.</param>
/// <param name="Read">Entries read, or trimmed before they were.</param>
/// <param name="Added">Entries that the stream was seen to have had; where its server loses its data, those that were not read are missed.</param>
internal sealed record StreamPlace(string LastId, long Read, long Added = 0)
{
    /// <summary>Before the first entry.</summary>
    public static StreamPlace Start { get; } = new("0-0", 0);
}

/// <summary>Events of some users that were received on one day.</summary>
/// <param name="Day">The day, UTC.</param>
/// <param name="Part">Whose: the part, from 0.</param>
/// <param name="Generation">How often the file was written anew without somebody's events.</param>
/// <param name="Length">Bytes that count.</param>
/// <param name="Counts">Events in them.</param>
internal sealed record PartFile(DateOnly Day, int Part, int Generation, long Length, EventCounts Counts)
{
    /// <summary>The file below the folder of events.</summary>
    [JsonIgnore]
    public string File => string.Create(CultureInfo.InvariantCulture, $"{Day:yyyy-MM-dd}/part-{Part:D2}.{Generation}.jsonl");
}

/// <summary>A user who is forgotten.</summary>
/// <param name="Part">The part that the user's events are in.</param>
/// <param name="Until">Events received until then are dropped.</param>
/// <param name="IsErased">Whether those that were there are erased.</param>
internal sealed record ForgottenUser(int Part, DateTimeOffset Until, bool IsErased);

/// <summary>A number of events.</summary>
/// <param name="Exposures">Exposures.</param>
/// <param name="Feedback">Responses.</param>
internal readonly record struct EventCounts(long Exposures, long Feedback)
{
    /// <summary>One event.</summary>
    public static EventCounts Of(LoggedEvent entry) => entry switch
    {
        ExposureEvent => new(1, 0),
        FeedbackEvent => new(0, 1),
        _ => default,
    };

    /// <summary>Adds.</summary>
    public static EventCounts operator +(EventCounts a, EventCounts b) => new(a.Exposures + b.Exposures, a.Feedback + b.Feedback);

    /// <summary>Subtracts.</summary>
    public static EventCounts operator -(EventCounts a, EventCounts b) => new(a.Exposures - b.Exposures, a.Feedback - b.Feedback);
}

/// <summary>What came in, and what of it did not stay. <c>Received = OutOfWindow + Forgotten + Lost + what the part files hold</c>.</summary>
internal sealed record IntakeCounts
{
    /// <summary>Entries read, damaged ones among them.</summary>
    public long Entries { get; init; }

    /// <summary>Entries that are no event, or not the one that was written.</summary>
    public long Damaged { get; init; }

    /// <summary>Entries that were trimmed from their stream before they were read.</summary>
    public long Missed { get; init; }

    /// <summary>Deletions of users.</summary>
    public long Forgets { get; init; }

    /// <summary>Events read.</summary>
    public EventCounts Received { get; init; }

    /// <summary>Of them, those older than the window, when they came or by now.</summary>
    public EventCounts OutOfWindow { get; init; }

    /// <summary>Of them, those of users who are forgotten.</summary>
    public EventCounts Forgotten { get; init; }

    /// <summary>Of them, those whose lines the disk had damaged when files were written anew.</summary>
    public EventCounts Lost { get; init; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"entries {Entries}, damaged {Damaged}, missed {Missed}, deletions {Forgets}; exposures {Received.Exposures} (out of the window {OutOfWindow.Exposures}, forgotten {Forgotten.Exposures}); feedback {Received.Feedback} (out of the window {OutOfWindow.Feedback}, forgotten {Forgotten.Feedback})");
}

/// <summary>Source-generated JSON of the commit.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(Commit))]
internal sealed partial class CommitJson : JsonSerializerContext;
