using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Core.Features;
using MTRec.V1;

namespace MTRec.Trainer.ClosedLoop;

/// <summary>The part of <c>GET /v1/bundles</c> that says what a rank call may hold.</summary>
internal sealed record ServedBundles(ServedBundle? Active);

/// <summary>The bundle in service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Tasks">Its tasks.</param>
/// <param name="Features">Its features.</param>
/// <param name="PredictsTaskScores">Whether task scores may be left out.</param>
internal sealed record ServedBundle(
    string Name, string Version, IReadOnlyList<ServedTask> Tasks, IReadOnlyList<ServedFeature> Features, bool PredictsTaskScores)
{
    /// <summary>Those of some values that the bundle knows, numbers within its ranges: a fitted world's ranges are not a bundle's.</summary>
    public IEnumerable<Feature> Known(FeatureKind kind, IEnumerable<LoopFeature> values)
    {
        foreach (var value in values)
        {
            if (Features.FirstOrDefault(feature => feature.Kind == kind && feature.Name == value.Name) is not { } feature)
                continue;
            yield return value.Category is { } category
                ? new Feature { Name = value.Name, Category = category }
                : new Feature { Name = value.Name, Number = Math.Clamp(value.Number, feature.Min, feature.Max) };
        }
    }
}

/// <summary>One of its tasks.</summary>
internal sealed record ServedTask(string Name);

/// <summary>One of its features.</summary>
internal sealed record ServedFeature(string Name, FeatureKind Kind, float Min, float Max);

/// <summary>JSON of the service's answers and of the counts.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(ServedBundles))]
[JsonSerializable(typeof(LoopCounts))]
internal sealed partial class LoopJson : JsonSerializerContext;
