using System.Text.Json;
using MTRec.Trainer.Worker.State;

namespace MTRec.Trainer.Worker.Transitions;

/// <summary>What became of all that came in, as <c>mtrec worker --once</c> leaves it in <c>counts.json</c> of the state.</summary>
/// <param name="Entries">Entries of the log that were read.</param>
/// <param name="Damaged">Of them, those that are no event, or not the one that was written.</param>
/// <param name="Missed">Entries that were trimmed from their stream before they were read.</param>
/// <param name="Exposures">The exposures.</param>
/// <param name="Feedback">The responses.</param>
internal sealed record CountsFile(long Entries, long Damaged, long Missed, EventFates Exposures, EventFates Feedback)
{
    /// <summary>The file's name.</summary>
    public const string Name = "counts.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Reads the file of a state; null where there is none.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static CountsFile? Read(string state) =>
        Path.Combine(state, Name) is var path && File.Exists(path) ? JsonSerializer.Deserialize<CountsFile>(File.ReadAllBytes(path), Json) : null;

    /// <summary>Writes the file of a state.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(string state) => DurableFiles.Replace(Path.Combine(state, Name), JsonSerializer.SerializeToUtf8Bytes(this, Json));
}

/// <summary>What became of events: <c>received = learned + the dropped of all reasons</c>.</summary>
/// <param name="Received">Events read.</param>
/// <param name="Learned">Of them, those learned from.</param>
/// <param name="Dropped">The others by reason, in the words of <see cref="TransitionCounts"/>.</param>
internal sealed record EventFates(long Received, long Learned, IReadOnlyDictionary<string, long> Dropped);
