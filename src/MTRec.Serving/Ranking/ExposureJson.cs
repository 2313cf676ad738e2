using System.Runtime.InteropServices;
using System.Text.Json;
using MTRec.Core.Blending;
using MTRec.Core.Events;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;

namespace MTRec.Serving.Ranking;

/// <summary>Writes a rank call as the JSON of an <see cref="ExposureEvent"/>, straight from the tensors.</summary>
internal static class ExposureJson
{
    // What has type wants it first.
    private static readonly JsonEncodedText Exposure = JsonEncodedText.Encode("exposure");

    private static readonly JsonEncodedText Multiplicative = JsonEncodedText.Encode(nameof(BlendForm.Multiplicative));

    /// <summary>Writes <paramref name="call"/>.</summary>
    /// <param name="buffer">Takes the JSON.</param>
    /// <param name="call">An answered call.</param>
    /// <param name="served">Its bundle.</param>
    /// <param name="received">When it came.</param>
    public static void Write(PooledBuffer buffer, RankCall call, ServedBundle served, DateTimeOffset received)
    {
        var json = call.JsonTo(buffer);
        json.WriteStartObject();
        json.WriteString("type"u8, Exposure);
        json.WriteString("requestId"u8, call.RequestId);
        json.WriteString("timestamp"u8, call.Timestamp ?? received);
        json.WriteString("bundle"u8, served.Id);
        WriteNumbers(json, "context"u8, call.Inputs.Context);
        WriteNumbers(json, "user"u8, call.Inputs.User);
        json.WriteStartArray("itemIds"u8);
        for (var i = 0; i < call.Count; i++)
            json.WriteStringValue(call.ItemIds[i]);
        json.WriteEndArray();
        json.WriteBase64String("scores"u8, MemoryMarshal.AsBytes(call.Inputs.Scores));
        json.WriteStartArray("order"u8);
        foreach (var candidate in call.Order.AsSpan(0, call.AnsweredCount))
            json.WriteNumberValue(candidate);
        json.WriteEndArray();
        json.WriteBase64String("finalScores"u8, MemoryMarshal.AsBytes(call.Scores.AsSpan(0, call.Count)));
        if (call.FusedByPolicy)
            WriteNumbers(json, "action"u8, call.Outputs.Action);
        if (call.BlendForm == BlendForm.Multiplicative)
            json.WriteString("blend"u8, Multiplicative);
        if (call.Exploration is { } exploration)
            WriteExploration(json, exploration);
        WriteVariants(json, call.Plan.Variants);
        json.WriteStartArray("degraded"u8);
        foreach (var part in call.Degraded)
            json.WriteStringValue(part);
        json.WriteEndArray();
        json.WriteString("received"u8, received);
        json.WriteString("userId"u8, call.UserId);
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteExploration(Utf8JsonWriter json, ExposureExploration exploration)
    {
        json.WriteStartObject("exploration"u8);
        WriteNumbers(json, "baseline"u8, exploration.Baseline);
        WriteNumbers(json, "lower"u8, exploration.Lower);
        WriteNumbers(json, "upper"u8, exploration.Upper);
        WriteNumbers(json, "logDensity"u8, exploration.LogDensity);
        if (exploration.Deviation is { } deviation)
            json.WriteNumber("deviation"u8, deviation);
        json.WriteEndObject();
    }

    private static void WriteVariants(Utf8JsonWriter json, ExposureVariant[] variants)
    {
        json.WriteStartArray("variants"u8);
        foreach (var variant in variants)
        {
            json.WriteStartObject();
            json.WriteString("experiment"u8, variant.Experiment);
            json.WriteString("variant"u8, variant.Variant);
            if (variant.Because is { } because)
                json.WriteString("because"u8, because);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, ReadOnlySpan<float> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers)
            json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
