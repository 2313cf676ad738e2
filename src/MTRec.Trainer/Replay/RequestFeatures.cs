using System.Text.Json;
using MTRec.Core.Features;
using MTRec.Data.Logs;
using MTRec.Trainer.Scoring;

namespace MTRec.Trainer.Replay;

/// <summary>The features that a replay sends with a request: those of a row that the service's bundle takes.</summary>
internal sealed class RequestFeatures(RowFeatures features)
{
    /// <summary>Writes <c>context</c> and <c>userFeatures</c>.</summary>
    public void Write(Utf8JsonWriter json, in Impression row)
    {
        var context = new float[features.Schema.Context.Count];
        features.WriteContext(row, context);
        Write(json, "context", features.Schema.Context, context);

        var user = new float[features.Schema.User.Count];
        features.WriteUser(row.UserId, user);
        Write(json, "userFeatures", features.Schema.User, user);
    }

    private static void Write(Utf8JsonWriter json, string member, IReadOnlyList<FeatureDefinition> features, float[] values)
    {
        json.WriteStartObject(member);
        for (var i = 0; i < values.Length; i++)
            json.WriteNumber(features[i].Name, values[i]);
        json.WriteEndObject();
    }
}
