using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Collections;
using MTRec.Serving.OpenApi;

namespace MTRec.Serving.Tests.Protobuf;

/// <summary>The messages of mtrec.proto by Google's own code: a client that shares no wire code with the service.</summary>
internal static class Messages
{
    public const string MediaType = "application/x-protobuf";

    /// <summary>A rank request in JSON, as rows or columns, as a message.</summary>
    public static V1.RankRequest ToMessage(this JsonObject request)
    {
        var json = JsonNode.Parse(request.ToJsonString())!.AsObject();
        var columns = (json["candidates"] is null ? json : json.ToColumns())["columns"]!;
        var message = new V1.RankRequest
        {
            RequestId = (string?)json["requestId"] ?? "",
            UserId = (string?)json["userId"] ?? "",
            Context = { Features(json["context"]) },
            UserFeatures = { Features(json["userFeatures"]) },
            Tasks = { json["tasks"]?.AsArray().Select(task => (string)task!) ?? [] },
            Columns = new V1.Columns
            {
                ItemIds = { columns["itemIds"]!.AsArray().Select(id => (string)id!) },
                Scores =
                {
                    Members(columns["scores"]).Select(column => new V1.ScoreColumn { Task = column.Key, Values = { column.Value!.AsArray().Select(score => (float)(double)score!) } }),
                },
                Features = { Members(columns["features"]).Select(FeatureColumn) },
            },
            Explain = (bool?)json["explain"] ?? false,
            Strict = (bool?)json["strict"] ?? false,
        };
        if (json["timestamp"] is { } timestamp)
            message.TimestampMs = Milliseconds(timestamp);
        if (json["limit"] is { } limit)
            message.Limit = (int)limit;
        return message;
    }

    /// <summary>A feedback event in JSON as a message.</summary>
    public static V1.FeedbackEvent ToEventMessage(this JsonObject feedback)
    {
        var json = JsonNode.Parse(feedback.ToJsonString())!.AsObject();
        var message = new V1.FeedbackEvent
        {
            EventId = (string?)json["eventId"] ?? "",
            UserId = (string?)json["userId"] ?? "",
            ItemId = (string?)json["itemId"] ?? "",
            RequestId = (string?)json["requestId"] ?? "",
            Actions = { Members(json["actions"]).Where(action => (int)action.Value! == 1).Select(action => action.Key) },
        };
        if (json["timestamp"] is { } timestamp)
            message.TimestampMs = Milliseconds(timestamp);
        if (json["watchSeconds"] is { } watched)
            message.WatchSeconds = (float)(double)watched;
        return message;
    }

    public static T Changed<T>(this T message, Action<T> change)
        where T : IDeepCloneable<T>
    {
        var copy = message.Clone();
        change(copy);
        return copy;
    }

    /// <summary>The answer in the words of JSON.</summary>
    public static RankAnswer ToAnswer(this V1.RankResponse message)
    {
        var (mental, explained) = (message.MentalRewards, message.Explanations);
        return new RankAnswer(
            message.RequestId,
            message.UserId,
            new RankAnswerBundle(message.Bundle.Name, message.Bundle.Version),
            [.. message.Variants.Select(variant => new RankAnswerVariant(variant.Experiment, variant.Variant_))],
            [.. message.ItemIds.Select((id, i) => new RankAnswerItem(
                id,
                i + 1,
                message.Scores[i],
                Shortest(message.FusionScores[i]),
                mental is null ? null : new RankAnswerReward(Shortest(mental.Mean[i]), Shortest(mental.P10[i]), Shortest(mental.P50[i]), Shortest(mental.P90[i])),
                explained is null ? null : new RankAnswerExplanation(Row(explained.ActionNames, explained.Actions, i), Row(explained.Tasks, explained.Contributions, i))))],
            message.Exploring,
            [.. message.Degraded],
            (int)message.DefaultedItems,
            [.. message.DefaultedTasks]);
    }

    /// <summary>A rank call in protobuf that must succeed.</summary>
    public static async Task<V1.RankResponse> RankAsync(this RankApp app, V1.RankRequest request)
    {
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rank", request.ToByteArray(), MediaType);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, System.Text.Encoding.UTF8.GetString(bytes));
        Assert.Equal(MediaType, answer.Content.Headers.ContentType!.ToString());
        return V1.RankResponse.Parser.ParseFrom(bytes);
    }

    /// <summary>A feedback call in protobuf that must succeed.</summary>
    public static async Task<V1.FeedbackResponse> FeedbackAsync(this RankApp app, params V1.FeedbackEvent[] events)
    {
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/feedback", new V1.FeedbackRequest { Events = { events } }.ToByteArray(), MediaType);
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, System.Text.Encoding.UTF8.GetString(bytes));
        Assert.Equal(MediaType, answer.Content.Headers.ContentType!.ToString());
        return V1.FeedbackResponse.Parser.ParseFrom(bytes);
    }

    private static IEnumerable<V1.Feature> Features(JsonNode? json) => Members(json).Select(member => member.Value switch
    {
        null => new V1.Feature { Name = member.Key },
        JsonValue value when value.TryGetValue(out string? category) => new V1.Feature { Name = member.Key, Category = category },
        var number => new V1.Feature { Name = member.Key, Number = (float)(double)number },
    });

    private static V1.FeatureColumn FeatureColumn(KeyValuePair<string, JsonNode?> json)
    {
        var values = json.Value!.AsArray();
        var column = new V1.FeatureColumn { Name = json.Key };
        if (values.Any(value => value is JsonValue text && text.TryGetValue(out string? _)))
            column.Categories.Add(values.Select(value => value is JsonValue text && text.TryGetValue(out string? category) ? category : ""));
        if (column.Categories.Count == 0 || values.Any(value => value is JsonValue number && !number.TryGetValue(out string? _)))
            column.Numbers.Add(values.Select(value => value is null || value.AsValue().TryGetValue(out string? _) ? float.NaN : (float)(double)value));
        return column;
    }

    private static JsonObject Members(JsonNode? json) => json?.AsObject() ?? [];

    private static long Milliseconds(JsonNode timestamp) =>
        DateTimeOffset.Parse((string)timestamp!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds();

    private static Dictionary<string, double> Row(RepeatedField<string> names, RepeatedField<float> values, int row) =>
        names.Select((name, i) => (name, Value: Shortest(values[(row * names.Count) + i]))).ToDictionary(pair => pair.name, pair => pair.Value);

    // A float as whoever reads its shortest decimal form as a double gets it: as from JSON.
    private static double Shortest(float value) => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
