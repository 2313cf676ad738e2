using MTRec.Learning.Algorithms.Recommenders;
using MTRec.Learning.Evaluation;
using MTRec.Learning.Fitting;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.Guidance;

/// <summary>
/// Fits a recommender, guided or not (MTRec, Algorithm 2): loss = BCE + w L_align, plus the architecture's own loss where it has one. The AUC of
/// the validation rows decides when to stop: guided or not, all are judged alike, by what is reported. Their cross entropy would punish an
/// alignment for moving logits that it does not reorder.
/// </summary>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches.</param>
public sealed class GuidedFit(Fitter fitter, int seed)
{
    private const int EvaluationBatch = 2048;

    /// <summary>Fits.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="model">The recommender; ends in evaluation mode.</param>
    /// <param name="examples">The choices.</param>
    /// <param name="train">Rows to fit to.</param>
    /// <param name="validation">Rows whose AUC decides when to stop.</param>
    /// <param name="guidance">Rewards of the training rows; null for none.</param>
    /// <returns>The highest AUC of the validation rows.</returns>
    public double Fit(string stage, SequenceRecommender model, ChoiceExamples examples, int[] train, int[] validation, GuidingRewards? guidance)
    {
        var random = new Random(seed);
        var positive = Array.ConvertAll(validation, row => examples.Taken[row]);
        return 1 - fitter.Fit(
            stage,
            model,
            seed,
            () => RowOrder.Shuffle(examples, train, fitter.Options.BatchSize, random),
            rows => Loss(model, examples, rows, guidance),
            () => 1 - Auc.Of(Logits(model, examples, validation), positive)).Min();
    }

    /// <summary>Logits of rows [rows].</summary>
    public static float[] Logits(SequenceRecommender model, ChoiceExamples examples, int[] rows)
    {
        using var quiet = no_grad();
        var logits = new List<float>();
        foreach (var batch in rows.Chunk(EvaluationBatch))
        {
            using var scope = NewDisposeScope();
            logits.AddRange(model.call(examples.Batch(batch)).contiguous().data<float>());
        }

        return [.. logits];
    }

    /// <summary>The loss of a batch, a scalar.</summary>
    internal static Tensor Loss(SequenceRecommender model, ChoiceExamples examples, int[] rows, GuidingRewards? guidance)
    {
        var scores = model.Score(examples.Batch(rows));
        var loss = CrossEntropy(scores.Logits, examples, rows);
        if (scores.AuxiliaryLoss is { } auxiliary)
            loss = loss + auxiliary;
        return guidance is null ? loss : loss + (AlignmentLoss.Of(scores.Logits, guidance.Rewards(rows), guidance.Known(rows)) * guidance.Weight);
    }

    private static Tensor CrossEntropy(Tensor logits, ChoiceExamples examples, int[] rows) =>
        nn.functional.binary_cross_entropy_with_logits(logits, examples.Labels(rows));
}
