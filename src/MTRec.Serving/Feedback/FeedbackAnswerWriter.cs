using System.Text.Json;
using Google.Protobuf;
using MTRec.Serving.Http;

namespace MTRec.Serving.Feedback;

/// <summary>Writes the answer to a feedback call; <see cref="OpenApi.FeedbackAnswer"/> describes it.</summary>
internal static class FeedbackAnswerWriter
{
    /// <summary>Writes it as JSON.</summary>
    public static void WriteJson(PooledBuffer answer, int accepted, int duplicates, IEnumerable<RejectedFeedback> bad)
    {
        using var json = new Utf8JsonWriter(answer);
        json.WriteStartObject();
        json.WriteNumber("accepted"u8, accepted);
        json.WriteNumber("duplicates"u8, duplicates);
        json.WriteStartArray("rejected"u8);
        foreach (var rejected in bad)
        {
            json.WriteStartObject();
            json.WriteNumber("index"u8, rejected.Index);
            json.WriteString("field"u8, rejected.Field);
            json.WriteString("reason"u8, rejected.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes it as the FeedbackResponse of mtrec.proto.</summary>
    public static void WriteMessage(PooledBuffer answer, int accepted, int duplicates, IEnumerable<RejectedFeedback> bad) => new V1.FeedbackResponse
    {
        Accepted = (uint)accepted,
        Duplicates = (uint)duplicates,
        Rejected = { bad.Select(rejected => new V1.Rejection { Index = (uint)rejected.Index, Field = rejected.Field, Reason = rejected.Reason }) },
    }.WriteTo(answer);
}
