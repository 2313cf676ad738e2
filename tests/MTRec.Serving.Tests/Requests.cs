using System.Globalization;
using System.Text.Json.Nodes;
using MTRec.Testing;

namespace MTRec.Serving.Tests;

/// <summary>Requests to the service with the test bundle.</summary>
internal static class Requests
{
    public static readonly string[] Tasks = ["click", "like", "longView"];

    /// <summary>Rows for the first items of the table, every score different.</summary>
    public static JsonObject Rows(int candidates = 5, string userId = "u-1") => new()
    {
        ["userId"] = userId,
        ["timestamp"] = "2026-01-31T20:15:00Z",
        ["context"] = new JsonObject { ["hour"] = 20, ["tab"] = 1 },
        ["userFeatures"] = new JsonObject { ["age"] = 31, ["device"] = "phone" },
        ["candidates"] = new JsonArray([.. Enumerable.Range(0, candidates).Select(i => Row(TestBundles.ItemId(i), i))]),
    };

    public static JsonObject Row(string itemId, int index) => new()
    {
        ["itemId"] = itemId,
        ["scores"] = new JsonArray([.. Tasks.Select((_, task) => JsonValue.Create(Score(index, task)))]),
    };

    public static double Score(int index, int task) => ((index * 37) + (task * 61) + 13) % 101 / 101.0;

    public static JsonArray Candidates(this JsonObject request) => request["candidates"]!.AsArray();

    public static JsonObject Candidate(this JsonObject request, int index) => request.Candidates()[index]!.AsObject();

    public static JsonObject Changed(this JsonObject request, Action<JsonObject> change)
    {
        var copy = request.DeepClone().AsObject();
        change(copy);
        return copy;
    }

    /// <summary>The same request in the columnar form.</summary>
    public static JsonObject ToColumns(this JsonObject request) => request.Changed(copy =>
    {
        var rows = copy.Candidates().Select(row => row!.AsObject()).ToArray();
        var tasks = copy["tasks"]?.AsArray().Select(task => (string)task!).ToArray() ?? Tasks;
        copy.Remove("candidates");
        var columns = new JsonObject { ["itemIds"] = new JsonArray([.. rows.Select(row => row["itemId"]!.DeepClone())]) };
        if (rows[0]["scores"] is not null)
            columns["scores"] = new JsonObject(tasks.Select((task, k) => KeyValuePair.Create(
                task, (JsonNode?)new JsonArray([.. rows.Select(row => row["scores"]![k]!.DeepClone())]))));
        var features = rows.SelectMany(row => row["features"]?.AsObject().Select(feature => feature.Key) ?? []).Distinct().ToArray();
        columns["features"] = new JsonObject(features.Select(feature => KeyValuePair.Create(
            feature, (JsonNode?)new JsonArray([.. rows.Select(row => row["features"]?[feature]?.DeepClone())]))));
        copy["columns"] = columns;
    });

    public static JsonObject Event(string eventId, string userId = "u-1", string itemId = "v-1", double? watched = 12.5, params string[] actions) => new()
    {
        ["eventId"] = eventId,
        ["userId"] = userId,
        ["itemId"] = itemId,
        ["timestamp"] = "2026-01-31T20:10:00Z",
        ["actions"] = new JsonObject(actions.Select(action => KeyValuePair.Create(action, (JsonNode?)JsonValue.Create(1)))),
        ["watchSeconds"] = watched,
    };

    public static string Repeated(int count, Func<int, string> part) =>
        string.Join(',', Enumerable.Range(0, count).Select(part));

    public static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
