using System.Text.Json.Nodes;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Tasks;
using MTRec.Inference;

namespace MTRec.Serving.OpenApi;

/// <summary>Requests that a bundle can serve, made from its manifest and its items: for Swagger UI, and to warm the service.</summary>
internal static class Examples
{
    /// <summary>A rank call with its candidates as rows; the last candidate is not in the item table and brings its features.</summary>
    public static JsonObject RankRows(Bundle bundle, int candidates)
    {
        var request = Head(bundle);
        var ids = ItemIds(bundle, candidates);
        var rows = ids.Select((id, index) => new JsonObject
        {
            ["itemId"] = id,
            ["scores"] = new JsonArray([.. bundle.Manifest.Tasks.Select(task => JsonValue.Create(Score(task, index)))]),
        }).ToArray();
        rows[^1]["features"] = Features(bundle.Manifest, FeatureKind.Item);
        request["tasks"] = new JsonArray([.. bundle.Manifest.Tasks.Select(task => JsonValue.Create(task.Name))]);
        request["candidates"] = new JsonArray([.. rows]);
        request["limit"] = 20;
        request["explain"] = true;
        return request;
    }

    /// <summary>The same candidates as columns.</summary>
    public static JsonObject RankColumns(Bundle bundle, int candidates)
    {
        var request = Head(bundle);
        var ids = ItemIds(bundle, candidates);
        var columns = new JsonObject { ["itemIds"] = new JsonArray([.. ids.Select(id => JsonValue.Create(id))]) };
        columns["scores"] = new JsonObject(bundle.Manifest.Tasks.Select(task => KeyValuePair.Create(
            task.Name, (JsonNode?)new JsonArray([.. ids.Select((_, index) => JsonValue.Create(Score(task, index)))]))));
        columns["features"] = new JsonObject(Features(bundle.Manifest, FeatureKind.Item).Select(feature => KeyValuePair.Create(
            feature.Key, (JsonNode?)new JsonArray([.. ids.Select((_, index) => index == ids.Length - 1 ? feature.Value?.DeepClone() : null)]))));
        request["columns"] = columns;
        return request;
    }

    /// <summary>The same columns in protobuf.</summary>
    public static V1.RankRequest RankMessage(Bundle bundle, int candidates)
    {
        var ids = ItemIds(bundle, candidates);
        return new V1.RankRequest
        {
            UserId = "u-1",
            TimestampMs = new DateTimeOffset(2026, 1, 31, 20, 15, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(),
            Context = { Values(bundle.Manifest, FeatureKind.Context) },
            UserFeatures = { Values(bundle.Manifest, FeatureKind.User) },
            Columns = new V1.Columns
            {
                ItemIds = { ids },
                Scores = { bundle.Manifest.Tasks.Select(task => new V1.ScoreColumn { Task = task.Name, Values = { ids.Select((_, index) => Score(task, index)) } }) },
                Features = { Values(bundle.Manifest, FeatureKind.Item).Select(feature => Column(feature, ids.Length)) },
            },
        };
    }

    /// <summary>Two responses to the rank call.</summary>
    public static JsonObject Feedback(Bundle bundle)
    {
        var ids = ItemIds(bundle, 3);
        return new JsonObject
        {
            ["events"] = new JsonArray(
                new JsonObject
                {
                    ["eventId"] = "e-1",
                    ["requestId"] = "r-1",
                    ["userId"] = "u-1",
                    ["itemId"] = ids[0],
                    ["timestamp"] = "2026-01-31T20:15:30Z",
                    ["actions"] = new JsonObject { ["click"] = 1, ["longView"] = 1, ["like"] = 0 },
                    ["watchSeconds"] = 12.5,
                },
                new JsonObject
                {
                    ["eventId"] = "e-2",
                    ["requestId"] = "r-1",
                    ["userId"] = "u-1",
                    ["itemId"] = ids[1],
                    ["actions"] = new JsonObject { ["click"] = 0 },
                }),
        };
    }

    /// <summary>One item with all its features.</summary>
    public static JsonObject PutItems(Bundle bundle) => new()
    {
        ["items"] = new JsonArray(new JsonObject { ["itemId"] = NewItem, ["features"] = Features(bundle.Manifest, FeatureKind.Item) }),
    };

    private const string NewItem = "new-item";

    private static JsonObject Head(Bundle bundle) => new()
    {
        ["userId"] = "u-1",
        ["timestamp"] = "2026-01-31T20:15:00Z",
        ["context"] = Features(bundle.Manifest, FeatureKind.Context),
        ["userFeatures"] = Features(bundle.Manifest, FeatureKind.User),
    };

    private static string[] ItemIds(Bundle bundle, int count)
    {
        var known = bundle.Items.Ids.Take(count - 1).ToArray();
        return [.. known, .. Enumerable.Range(known.Length + 1, count - 1 - known.Length).Select(number => $"item-{number}"), NewItem];
    }

    private static JsonObject Features(BundleManifest manifest, FeatureKind kind) =>
        new(manifest.Features.Where(feature => feature.Kind == kind).Select(feature => KeyValuePair.Create(feature.Name, (JsonNode?)Value(feature))));

    private static JsonValue Value(FeatureDefinition feature) =>
        feature.Values is { Count: > 0 } values
            ? JsonValue.Create(values.OrderBy(category => category.Value).ThenBy(category => category.Key, StringComparer.Ordinal).First().Key)
            : JsonValue.Create(Rounded(feature.Default, feature.Min, feature.Max));

    private static IEnumerable<V1.Feature> Values(BundleManifest manifest, FeatureKind kind) =>
        manifest.Features.Where(feature => feature.Kind == kind).Select(feature => Value(feature) is var value && value.TryGetValue(out string? category)
            ? new V1.Feature { Name = feature.Name, Category = category }
            : new V1.Feature { Name = feature.Name, Number = value.GetValue<float>() });

    // A column that says something of the last candidate alone.
    private static V1.FeatureColumn Column(V1.Feature feature, int candidates) => feature.HasCategory
        ? new V1.FeatureColumn { Name = feature.Name, Categories = { Enumerable.Repeat("", candidates - 1).Append(feature.Category) } }
        : new V1.FeatureColumn { Name = feature.Name, Numbers = { Enumerable.Repeat(float.NaN, candidates - 1).Append(feature.Number) } };

    // Around the task's mean, each candidate and task a little different.
    private static float Score(TaskDefinition task, int candidate)
    {
        var share = 0.5f + (((candidate * 7) + task.Name.Length) % 11 / 10f);
        return Rounded(task.Min + (share * (task.Default - task.Min)), task.Min, task.Max);
    }

    private static float Rounded(float value, float min, float max) => Math.Clamp(MathF.Round(value, 3), min, max);
}
