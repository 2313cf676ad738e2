using System.Text.Json.Serialization;
using MTRec.Core.Blending;

namespace MTRec.Core.Events;

/// <summary>One entry of the event log: what the service showed, what the user did with it, or that the user is to be forgotten.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(ExposureEvent), "exposure")]
[JsonDerivedType(typeof(FeedbackEvent), "feedback")]
[JsonDerivedType(typeof(ForgetEvent), "forget")]
public abstract record LoggedEvent
{
    /// <summary>When the service took it in.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>The user.</summary>
    public required string UserId { get; init; }
}

/// <summary>One answered rank call: what a learner needs to learn from it.</summary>
public sealed record ExposureEvent : LoggedEvent
{
    /// <summary>The request.</summary>
    public required string RequestId { get; init; }

    /// <summary>The moment that the caller named, or the moment it came.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The bundle that ranked, as name/version.</summary>
    public required string Bundle { get; init; }

    /// <summary>Context features [C] as the graphs saw them.</summary>
    public required float[] Context { get; init; }

    /// <summary>User features [U] as the graphs saw them.</summary>
    public required float[] User { get; init; }

    /// <summary>The candidates, in the request's order.</summary>
    public required string[] ItemIds { get; init; }

    /// <summary>The candidates' task scores [N, K], row by row, as the graphs saw them.</summary>
    [JsonConverter(typeof(PackedNumbers<float>))]
    public required float[] Scores { get; init; }

    /// <summary>The answer's order: indices into <see cref="ItemIds"/>, best first, at most the request's limit.</summary>
    public required int[] Order { get; init; }

    /// <summary>Final scores [N], in the request's order.</summary>
    [JsonConverter(typeof(PackedNumbers<double>))]
    public required double[] FinalScores { get; init; }

    /// <summary>The action in real units: one row, or one a candidate; absent where the fallback ranked.</summary>
    public float[]? Action { get; init; }

    /// <summary>How the mental reward entered the final scores; absent where it was added to what the fusion score came to, the form <see cref="BlendForm.Gate"/> included.</summary>
    public BlendForm? Blend { get; init; }

    /// <summary>How the action was drawn; absent where the policy's own action ranked or none did.</summary>
    public ExposureExploration? Exploration { get; init; }

    /// <summary>The experiments that the request took part in.</summary>
    // A log of before there were experiments has none.
    public ExposureVariant[] Variants { get; init => field = value ?? []; } = [];

    /// <summary>Parts that were missing when the answer was made.</summary>
    public required string[] Degraded { get; init; }
}

/// <summary>A request's part in an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Variant">The variant that applied.</param>
/// <param name="Because"><c>override</c> or <c>forced</c>, where somebody chose the variant; absent where chance did. Only chance may be judged by.</param>
public sealed record ExposureVariant(string Experiment, string Variant, string? Because = null);

/// <summary>What a learner needs to know of an explored action, beside the action itself.</summary>
public sealed record ExposureExploration
{
    /// <summary>The action of the policy that was explored around, in real units: as many rows as <see cref="ExposureEvent.Action"/>.</summary>
    public required float[] Baseline { get; init; }

    /// <summary>Lowest explored deviation from it per dimension, in units of [-1, 1], at most 0.</summary>
    public required float[] Lower { get; init; }

    /// <summary>Highest likewise, at least 0.</summary>
    public required float[] Upper { get; init; }

    /// <summary>Logarithm of the density with which each row was drawn, over actions in units of [-1, 1].</summary>
    public required float[] LogDensity { get; init; }

    /// <summary>Standard deviation of the Gaussian, truncated to the bounds, that drew, in units of [-1, 1]; absent where the draw was even within them.</summary>
    public double? Deviation { get; init; }
}

/// <summary>A user's response to one shown item.</summary>
public sealed record FeedbackEvent : LoggedEvent
{
    /// <summary>Identifies the event: sent twice, it counts once.</summary>
    public required string EventId { get; init; }

    /// <summary>The rank call that showed the item, where known.</summary>
    public string? RequestId { get; init; }

    /// <summary>The item.</summary>
    public required string ItemId { get; init; }

    /// <summary>When it was shown.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>What the user did: wire names of the actions.</summary>
    public required string[] Actions { get; init; }

    /// <summary>Seconds watched, where known.</summary>
    public float? WatchSeconds { get; init; }
}

/// <summary>
/// The user was deleted: whoever keeps events of the user that were received until then, or learns from them, is to leave that off.
/// </summary>
public sealed record ForgetEvent : LoggedEvent;

/// <summary>Source-generated JSON of the event log: camelCase, one line an event.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LoggedEvent))]
public sealed partial class LoggedEventJson : JsonSerializerContext;
