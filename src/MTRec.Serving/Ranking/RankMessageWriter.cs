using MTRec.Core.Blending;
using MTRec.Serving.Bundles;
using MTRec.Serving.Http;
using MTRec.Serving.Protobuf;
using MTRec.V1;

namespace MTRec.Serving.Ranking;

/// <summary>Writes the answer to a rank call as the RankResponse of mtrec.proto: what <see cref="RankAnswerWriter"/> writes as JSON.</summary>
internal static class RankMessageWriter
{
    /// <summary>Writes <paramref name="call"/>'s answer.</summary>
    public static void Write(PooledBuffer buffer, RankCall call, ServedBundle served)
    {
        var wire = new WireWriter(buffer);
        var manifest = served.Bundle.Manifest;
        wire.Text(RankResponse.RequestIdFieldNumber, call.RequestId ?? "");
        wire.Text(RankResponse.UserIdFieldNumber, call.UserId);
        WritePair(wire, RankResponse.BundleFieldNumber, manifest.Name, manifest.Version);
        foreach (var variant in call.Plan.Variants)
            WritePair(wire, RankResponse.VariantsFieldNumber, variant.Experiment, variant.Variant);

        var order = call.Order.AsSpan(0, call.AnsweredCount);
        foreach (var candidate in order)
            wire.Element(RankResponse.ItemIdsFieldNumber, call.ItemIds[candidate]);
        wire.Header(RankResponse.ScoresFieldNumber, order.Length * sizeof(double));
        foreach (var candidate in order)
            wire.Packed(call.Scores[candidate]);
        WriteColumn(wire, RankResponse.FusionScoresFieldNumber, order, call.Outputs.FusionScores);
        if (!call.Outputs.MentalMean.IsEmpty)
            WriteMentalRewards(wire, call, order);
        if (call.Explain)
            WriteExplanations(wire, call, served, order);

        wire.Flag(RankResponse.ExploringFieldNumber, call.Exploration is not null);
        foreach (var part in call.Degraded)
            wire.Element(RankResponse.DegradedFieldNumber, part);
        wire.Number(RankResponse.DefaultedItemsFieldNumber, (uint)call.DefaultedItems);
        foreach (var task in call.DefaultedTasks)
            wire.Element(RankResponse.DefaultedTasksFieldNumber, manifest.Tasks[task].Name);
    }

    // Bundle and Variant are two strings each.
    private static void WritePair(WireWriter wire, int field, string first, string second)
    {
        wire.Header(field, WireWriter.SizeOfText(1, first) + WireWriter.SizeOfText(2, second));
        wire.Element(1, first);
        wire.Element(2, second);
    }

    private static void WriteColumn(WireWriter wire, int field, ReadOnlySpan<int> order, ReadOnlySpan<float> values)
    {
        wire.Header(field, order.Length * sizeof(float));
        foreach (var candidate in order)
            wire.Packed(values[candidate]);
    }

    private static void WriteMentalRewards(WireWriter wire, RankCall call, ReadOnlySpan<int> order)
    {
        // Four columns, the tags of which are as long as one another.
        wire.Header(RankResponse.MentalRewardsFieldNumber, 4 * WireWriter.SizeOfBytes(MentalRewards.MeanFieldNumber, order.Length * sizeof(float)));
        WriteColumn(wire, MentalRewards.MeanFieldNumber, order, call.Outputs.MentalMean);
        WriteQuantiles(wire, MentalRewards.P10FieldNumber, call, order, 0.1);
        WriteQuantiles(wire, MentalRewards.P50FieldNumber, call, order, 0.5);
        WriteQuantiles(wire, MentalRewards.P90FieldNumber, call, order, 0.9);
    }

    private static void WriteQuantiles(WireWriter wire, int field, RankCall call, ReadOnlySpan<int> order, double level)
    {
        wire.Header(field, order.Length * sizeof(float));
        foreach (var candidate in order)
            wire.Packed(Blend.QuantileAt(call.Outputs.MentalQuantilesOf(candidate), level));
    }

    private static void WriteExplanations(WireWriter wire, RankCall call, ServedBundle served, ReadOnlySpan<int> order)
    {
        var actions = RankExplanation.ActionNames(call, served);
        var tasks = served.Bundle.Manifest.Tasks;
        var actionBytes = order.Length * actions.Count * sizeof(float);
        var contributionBytes = order.Length * tasks.Count * sizeof(float);
        wire.Header(
            RankResponse.ExplanationsFieldNumber,
            actions.Sum(name => WireWriter.SizeOfText(Explanations.ActionNamesFieldNumber, name))
            + WireWriter.SizeOfBytes(Explanations.ActionsFieldNumber, actionBytes)
            + tasks.Sum(task => WireWriter.SizeOfText(Explanations.TasksFieldNumber, task.Name))
            + WireWriter.SizeOfBytes(Explanations.ContributionsFieldNumber, contributionBytes));
        foreach (var name in actions)
            wire.Element(Explanations.ActionNamesFieldNumber, name);
        wire.Header(Explanations.ActionsFieldNumber, actionBytes);
        foreach (var candidate in order)
            WriteRow(wire, RankExplanation.ActionOf(call, served, candidate));
        foreach (var task in tasks)
            wire.Element(Explanations.TasksFieldNumber, task.Name);
        wire.Header(Explanations.ContributionsFieldNumber, contributionBytes);
        foreach (var candidate in order)
            WriteRow(wire, call.Outputs.ContributionsOf(candidate));
    }

    private static void WriteRow(WireWriter wire, ReadOnlySpan<float> row)
    {
        foreach (var value in row)
            wire.Packed(value);
    }
}
