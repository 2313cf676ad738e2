using MTRec.Core.Blending;
using MTRec.Core.Sessions;
using MTRec.Inference;

namespace MTRec.Trainer.Evaluation;

/// <summary>A bundle's final scores of one request's candidates, through the graphs and the blend that the service runs.</summary>
/// <param name="bundle">The bundle; it outlives the scores.</param>
/// <param name="parameters">How the mental reward enters the final score.</param>
internal sealed class BundleScores(Bundle bundle, BlendParameters parameters) : IDisposable
{
    private readonly Blend _blend = new(
        parameters, bundle.Manifest.Blending.FusionScore, bundle.Manifest.Blending.MentalReward ?? new Standardiser(0, 1));

    private readonly RankingInputs _inputs = new(bundle.Shape, 1);
    private readonly RankingOutputs _outputs = new(bundle.Shape, 1);

    /// <summary>Scores.</summary>
    /// <param name="context">[C] as the graphs see it.</param>
    /// <param name="user">[U] likewise.</param>
    /// <param name="history">The user's earlier events, oldest first.</param>
    /// <param name="nowMs">The moment, milliseconds since the Unix epoch.</param>
    /// <param name="itemIds">The candidates [N].</param>
    /// <param name="taskScores">Their task scores [N, K] in the tasks' units.</param>
    /// <returns>[N].</returns>
    /// <exception cref="GraphFailedException">A graph failed.</exception>
    public float[] Score(
        ReadOnlySpan<float> context,
        ReadOnlySpan<float> user,
        ReadOnlySpan<SessionEvent> history,
        long nowMs,
        IReadOnlyList<string> itemIds,
        ReadOnlySpan<float> taskScores)
    {
        _inputs.Reset(itemIds.Count);
        _outputs.Reset(itemIds.Count);
        context.CopyTo(_inputs.Context);
        user.CopyTo(_inputs.User);
        bundle.Assembler.WriteHistory(history, nowMs, bundle.Items, _inputs.History);
        for (var i = 0; i < itemIds.Count; i++)
            bundle.Assembler.WriteItem(itemIds[i], bundle.Items, _inputs.Candidate(i));
        taskScores.CopyTo(_inputs.Scores);
        bundle.Scorer.Fuse(_inputs, _outputs, explain: false);
        var blends = bundle.HasMentalReward && parameters.Weight != 0;
        if (blends)
            bundle.Scorer.EstimateMentalReward(_inputs, _outputs);

        var scores = new float[itemIds.Count];
        for (var i = 0; i < scores.Length; i++)
        {
            scores[i] = (float)(blends
                ? _blend.Score(_outputs.FusionScores[i], _outputs.MentalMean[i], _outputs.MentalQuantilesOf(i))
                : _blend.Score(_outputs.FusionScores[i]));
        }

        return scores;
    }

    /// <summary>The action in real units of the last request scored: [A], or [N x A] where every candidate has its own.</summary>
    public ReadOnlySpan<float> Action => _outputs.Action;

    /// <summary>The fusion scores f [N] of the last request scored.</summary>
    public ReadOnlySpan<float> FusionScores => _outputs.FusionScores;

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs.Dispose();
        _outputs.Dispose();
    }
}
