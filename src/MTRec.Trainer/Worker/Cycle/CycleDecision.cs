using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Core.Bundles;
using MTRec.Trainer.Worker.Cycle.Refresh;
using MTRec.Trainer.Worker.State;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle;

/// <summary>What a cycle came to: <c>decisions/TIME.json</c> of the state.</summary>
internal sealed record CycleDecision
{
    /// <summary>A version was published.</summary>
    public const string Published = "published";

    /// <summary>None was.</summary>
    public const string Refused = "refused";

    /// <summary>A published version was taken back.</summary>
    public const string RolledBack = "rolledBack";

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary><see cref="Published"/>, <see cref="Refused"/> or <see cref="RolledBack"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The version that was published or rolled back; null where none was.</summary>
    public string? Version { get; init; }

    /// <summary>The version that served, or that serves again.</summary>
    public string? Serving { get; init; }

    /// <summary>What learned.</summary>
    public required string Algorithm { get; init; }

    /// <summary>The metric that decides.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether the gate decided; where not, its reasons were overruled.</summary>
    public required bool Gate { get; init; }

    /// <summary>Why it was refused or rolled back, or what the gate would have said.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>Figures with 95 % intervals.</summary>
    public IReadOnlyList<DecidedFigure> Figures { get; init; } = [];

    /// <summary>What became of the parts that were learned anew; null where none was tried.</summary>
    public IReadOnlyList<RefreshedPart>? Refreshed { get; init; }

    /// <summary>What became of every event of the window.</summary>
    public string? Counts { get; init; }

    /// <summary>The same as numbers; null where no policy was looked for.</summary>
    [JsonIgnore]
    public TransitionCounts? Transitions { get; init; }
}

/// <summary>A figure of a decision; what the data do not define is left out.</summary>
/// <param name="Name">What.</param>
/// <param name="Value">The figure.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="Count">Samples behind it.</param>
/// <param name="Effective">Effective number of them.</param>
internal sealed record DecidedFigure(string Name, double? Value, double? Low, double? High, long Count, double? Effective)
{
    /// <summary>A compared figure as it is kept.</summary>
    public static DecidedFigure Of(ComparedFigure figure) => new(
        figure.Name, Finite(figure.Estimate.Value), Finite(figure.Estimate.Low), Finite(figure.Estimate.High), figure.Count, Finite(figure.Effective));

    /// <summary>The figure as a manifest has it; null where the data do not define all of it.</summary>
    /// <param name="split">On what it was measured.</param>
    public Metric? Metric(string split) => Value is { } value && Low is { } low && High is { } high ? new Metric(Name, split, value, low, high, Count) : null;

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

/// <summary>Where decisions are kept.</summary>
/// <param name="state">The state's folder.</param>
internal sealed class DecisionBook(string state)
{
    private const string NameFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The folder.</summary>
    public string Folder { get; } = Path.Combine(state, "decisions");

    /// <summary>All decisions, the oldest first.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public IReadOnlyList<CycleDecision> Read() => !Directory.Exists(Folder)
        ? []
        : [.. Directory.GetFiles(Folder, "*.json").Order(StringComparer.Ordinal).Select(path => JsonSerializer.Deserialize<CycleDecision>(File.ReadAllBytes(path), Json)!)];

    /// <summary>When the last decision was made; null where there is none.</summary>
    public DateTimeOffset? LastAt() =>
        Directory.Exists(Folder)
        && Directory.EnumerateFiles(Folder, "*.json").Select(Path.GetFileNameWithoutExtension).Max(StringComparer.Ordinal) is { } name
        && DateTimeOffset.TryParseExact(name, NameFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    /// <summary>Keeps a decision.</summary>
    /// <exception cref="IOException">The disk refuses.</exception>
    public void Write(CycleDecision decision)
    {
        Directory.CreateDirectory(Folder);
        var name = decision.At.UtcDateTime.ToString(NameFormat, CultureInfo.InvariantCulture);
        DurableFiles.Replace(Path.Combine(Folder, $"{name}.json"), JsonSerializer.SerializeToUtf8Bytes(decision, Json));
    }
}
