using System.Text.Json;
using MTRec.Core.Blending;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking;

/// <summary>Writes the answer to a rank call; <see cref="OpenApi.RankAnswer"/> describes it.</summary>
internal static class RankAnswerWriter
{
    /// <summary>Writes <paramref name="call"/>'s answer.</summary>
    public static void Write(PooledBuffer buffer, RankCall call, ServedBundle served)
    {
        var json = call.JsonTo(buffer);
        var manifest = served.Bundle.Manifest;
        json.WriteStartObject();
        json.WriteString("requestId"u8, call.RequestId);
        json.WriteString("userId"u8, call.UserId);
        json.WriteStartObject("bundle"u8);
        json.WriteString("name"u8, manifest.Name);
        json.WriteString("version"u8, manifest.Version);
        json.WriteEndObject();
        json.WriteStartArray("variants"u8);
        foreach (var variant in call.Plan.Variants)
        {
            json.WriteStartObject();
            json.WriteString("experiment"u8, variant.Experiment);
            json.WriteString("variant"u8, variant.Variant);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        json.WriteStartArray("items"u8);
        for (var rank = 0; rank < call.AnsweredCount; rank++)
            WriteItem(json, call, served, call.Order[rank], rank + 1);
        json.WriteEndArray();

        json.WriteBoolean("exploring"u8, call.Exploration is not null);
        json.WriteStartArray("degraded"u8);
        foreach (var part in call.Degraded)
            json.WriteStringValue(part);
        json.WriteEndArray();
        json.WriteNumber("defaultedItems"u8, call.DefaultedItems);
        json.WriteStartArray("defaultedTasks"u8);
        foreach (var task in call.DefaultedTasks)
            json.WriteStringValue(manifest.Tasks[task].Name);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteItem(Utf8JsonWriter json, RankCall call, ServedBundle served, int candidate, int rank)
    {
        json.WriteStartObject();
        json.WriteString("itemId"u8, call.ItemIds[candidate]);
        json.WriteNumber("rank"u8, rank);
        json.WriteNumber("score"u8, call.Scores[candidate]);
        json.WriteNumber("fusionScore"u8, call.Outputs.FusionScores[candidate]);
        if (call.Outputs.MentalMean.IsEmpty)
            json.WriteNull("mentalReward"u8);
        else
            WriteMentalReward(json, call, candidate);
        if (call.Explain)
            WriteExplanation(json, call, served, candidate);
        json.WriteEndObject();
    }

    private static void WriteMentalReward(Utf8JsonWriter json, RankCall call, int candidate)
    {
        var quantiles = call.Outputs.MentalQuantilesOf(candidate);
        json.WriteStartObject("mentalReward"u8);
        json.WriteNumber("mean"u8, call.Outputs.MentalMean[candidate]);
        json.WriteNumber("p10"u8, Blend.QuantileAt(quantiles, 0.1));
        json.WriteNumber("p50"u8, Blend.QuantileAt(quantiles, 0.5));
        json.WriteNumber("p90"u8, Blend.QuantileAt(quantiles, 0.9));
        json.WriteEndObject();
    }

    private static void WriteExplanation(Utf8JsonWriter json, RankCall call, ServedBundle served, int candidate)
    {
        var manifest = served.Bundle.Manifest;
        json.WriteStartObject("explanation"u8);
        json.WriteStartObject("action"u8);
        var names = RankExplanation.ActionNames(call, served);
        var action = RankExplanation.ActionOf(call, served, candidate);
        for (var i = 0; i < action.Length; i++)
            json.WriteNumber(names[i], action[i]);

        json.WriteEndObject();
        json.WriteStartObject("contributions"u8);
        var contributions = call.Outputs.ContributionsOf(candidate);
        for (var i = 0; i < contributions.Length; i++)
            json.WriteNumber(manifest.Tasks[i].Name, contributions[i]);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
