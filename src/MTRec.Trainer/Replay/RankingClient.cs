using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using MTRec.Core.Features;
using MTRec.Core.Sessions;
using MTRec.Data.Logs;

namespace MTRec.Trainer.Replay;

/// <summary>Speaks version 1 of the service's HTTP contract.</summary>
/// <param name="http">Its base address is the service's.</param>
/// <param name="userPrefix">Stands before every user's id, so that a replay meets no session but its own.</param>
internal sealed class RankingClient(HttpClient http, string userPrefix)
{
    private static readonly MediaTypeHeaderValue JsonType = new("application/json");

    /// <summary>Asks whether the service can rank.</summary>
    /// <exception cref="HttpRequestException">It cannot, or is not there.</exception>
    public async Task CheckReadyAsync(CancellationToken cancellation)
    {
        using var answer = await http.GetAsync("health/ready", cancellation);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Asks for the features of the bundle in service; the categories' codes are not among what it tells.</summary>
    /// <exception cref="HttpRequestException">No answer, or one that is no success.</exception>
    public async Task<FeatureSchema> GetFeaturesAsync(CancellationToken cancellation)
    {
        var answer = await http.GetFromJsonAsync("v1/bundles", ReplayJson.Default.BundlesAnswer, cancellation);
        var features = answer?.Active?.Features ?? throw new HttpRequestException("The service serves no bundle.");
        return new FeatureSchema(
            features.Select(feature => new FeatureDefinition(feature.Name, feature.Kind, feature.Type, feature.Default, feature.Min, feature.Max)),
            new HistoryLayout(1, []));
    }

    /// <summary>Ranks a step's candidates; all of them come back.</summary>
    /// <exception cref="HttpRequestException">No answer, or one that is no success.</exception>
    public async Task<RankAnswer> RankAsync(ReplayStep step, RequestFeatures features, bool explain, CancellationToken cancellation)
    {
        var body = Body(json =>
        {
            json.WriteStartObject();
            json.WriteString("userId", userPrefix + step.Shown.UserId);
            json.WriteString("timestamp", Timestamp(step.Shown));
            features.Write(json, step.Shown);
            json.WriteStartObject("columns");
            json.WriteStartArray("itemIds");
            foreach (var item in step.Candidates)
                json.WriteStringValue(item);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteNumber("limit", step.Candidates.Length);
            json.WriteBoolean("explain", explain);
            json.WriteEndObject();
        });
        using var answer = await http.PostAsync("v1/rank", body, cancellation);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(ReplayJson.Default.RankAnswer, cancellation)
            ?? throw new HttpRequestException("The service answered null.");
    }

    /// <summary>Sends the response that the log tells of.</summary>
    /// <exception cref="HttpRequestException">No answer, one that is no success, or the event was rejected.</exception>
    public async Task FeedBackAsync(Impression shown, string? requestId, CancellationToken cancellation)
    {
        var body = Body(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("events");
            json.WriteStartObject();
            json.WriteString("eventId", string.Create(CultureInfo.InvariantCulture, $"{userPrefix}row-{shown.Row}"));
            if (requestId is not null)
                json.WriteString("requestId", requestId);
            json.WriteString("userId", userPrefix + shown.UserId);
            json.WriteString("itemId", shown.ItemId);
            json.WriteString("timestamp", Timestamp(shown));
            json.WriteStartObject("actions");
            foreach (var action in UserActionNames.Of(shown.Recorded))
                json.WriteNumber(action, UserActionNames.Of(shown.Actions).Contains(action) ? 1 : 0);
            json.WriteEndObject();
            if (!float.IsNaN(shown.WatchSeconds))
                json.WriteNumber("watchSeconds", shown.WatchSeconds);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        });
        using var answer = await http.PostAsync("v1/feedback", body, cancellation);
        answer.EnsureSuccessStatusCode();
        var result = await answer.Content.ReadFromJsonAsync(ReplayJson.Default.FeedbackAnswer, cancellation);
        if (result is not { Accepted: 1 })
            throw new HttpRequestException($"The feedback of row {shown.Row} was not accepted: {(result?.Rejected is [var rejected, ..] ? rejected.Reason : "a duplicate")}.");
    }

    private static ReadOnlyMemoryContent Body(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return new ReadOnlyMemoryContent(buffer.WrittenMemory) { Headers = { ContentType = JsonType } };
    }

    private static string Timestamp(in Impression row) =>
        DateTimeOffset.FromUnixTimeMilliseconds(row.TimestampMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}

/// <summary>The part of a rank answer that is measured.</summary>
internal sealed record RankAnswer(string RequestId, IReadOnlyList<RankedItem> Items, IReadOnlyList<string> Degraded);

/// <summary>One item of a rank answer, best first.</summary>
internal sealed record RankedItem(string ItemId, double Score, double FusionScore, Explanation? Explanation);

/// <summary>How an item's fusion score came about: the action's parameters by name, and each task's part.</summary>
internal sealed record Explanation(IReadOnlyDictionary<string, double> Action, IReadOnlyDictionary<string, double> Contributions);

/// <summary>What became of the events sent.</summary>
internal sealed record FeedbackAnswer(int Accepted, int Duplicates, IReadOnlyList<RejectedEvent>? Rejected);

/// <summary>Why an event was not taken.</summary>
internal sealed record RejectedEvent(int Index, string Field, string Reason);

/// <summary>The part of the description of the bundles that a replay reads.</summary>
internal sealed record BundlesAnswer(ActiveBundle? Active);

/// <summary>The bundle in service.</summary>
internal sealed record ActiveBundle(IReadOnlyList<ActiveFeature> Features);

/// <summary>One of its features.</summary>
internal sealed record ActiveFeature(string Name, FeatureKind Kind, FeatureType Type, float Min, float Max, float Default);

/// <summary>JSON of the service's answers; members that a replay does not read are passed over.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BundlesAnswer))]
[JsonSerializable(typeof(RankAnswer))]
[JsonSerializable(typeof(FeedbackAnswer))]
internal sealed partial class ReplayJson : JsonSerializerContext;
