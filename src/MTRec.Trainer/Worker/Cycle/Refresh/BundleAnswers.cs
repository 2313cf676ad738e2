using MTRec.Inference;
using MTRec.Trainer.Worker.Transitions;

namespace MTRec.Trainer.Worker.Cycle.Refresh;

/// <summary>What a bundle says of shown items, through the graphs that the service runs.</summary>
/// <param name="Scores">Task scores [rows, K], row by row: the bundle's own where it has a scorer, else those that were logged.</param>
/// <param name="Fused">f of them [rows].</param>
/// <param name="Mental">Mean mental reward of a positive response [rows]; empty where the bundle has none.</param>
/// <param name="Positive">The chance of a positive response that soft Q says [rows]; empty likewise.</param>
internal sealed record BundleAnswers(float[] Scores, float[] Fused, float[] Mental, float[] Positive)
{
    /// <summary>Asks a bundle of what was shown.</summary>
    /// <param name="bundle">The bundle.</param>
    /// <param name="steps">The exposures.</param>
    /// <param name="list">L; null for all candidates in their order.</param>
    /// <param name="own">Whether the bundle's own task scores are asked for; else those that were logged stand.</param>
    /// <param name="cancellation">Ends the work between two exposures.</param>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public static BundleAnswers Of(Bundle bundle, IReadOnlyList<ReplayedStep> steps, int? list, bool own, CancellationToken cancellation)
    {
        var tasks = bundle.Manifest.Tasks.Count;
        using var inputs = new RankingInputs(bundle.Shape, 1);
        using var outputs = new RankingOutputs(bundle.Shape, 1);
        var (scores, fused, mental, positive) = (new List<float>(), new List<float>(), new List<float>(), new List<float>());
        foreach (var step in steps)
        {
            cancellation.ThrowIfCancellationRequested();
            var exposure = step.Exposure;
            int[] places = list is { } shown ? [.. exposure.Order.Take(shown)] : [.. Enumerable.Range(0, exposure.ItemIds.Length)];
            inputs.Reset(places.Length);
            outputs.Reset(places.Length);
            exposure.Context.CopyTo(inputs.Context);
            exposure.User.CopyTo(inputs.User);
            bundle.Assembler.WriteHistory([.. step.History], exposure.Timestamp.ToUnixTimeMilliseconds(), bundle.Items, inputs.History);
            for (var i = 0; i < places.Length; i++)
            {
                bundle.Assembler.WriteItem(exposure.ItemIds[places[i]], bundle.Items, inputs.Candidate(i));
                if (!own)
                    exposure.Scores.AsSpan(places[i] * tasks, tasks).CopyTo(inputs.ScoresOf(i));
            }

            if (own)
                bundle.Scorer.ScoreTasks(inputs);
            bundle.Scorer.Fuse(inputs, outputs, explain: false);
            scores.AddRange(inputs.Scores);
            fused.AddRange(outputs.FusionScores);
            if (!bundle.HasMentalReward)
                continue;
            bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
            mental.AddRange(outputs.MentalMean);
            for (var i = 0; i < places.Length; i++)
                positive.Add(Chance(outputs.SoftQ.Slice(2 * i, 2)));
        }

        return new BundleAnswers([.. scores], [.. fused], [.. mental], [.. positive]);
    }

    /// <summary>One task's column of the scores.</summary>
    public static float[] Column(float[] scores, int task, int tasks) => [.. Enumerable.Range(0, scores.Length / tasks).Select(row => scores[(row * tasks) + task])];

    // pi(positive|s) = exp(Q(s, positive) - V(s)) of a soft-optimal user.
    private static float Chance(ReadOnlySpan<float> q) => (float)(1 / (1 + Math.Exp((double)q[0] - q[1])));
}
