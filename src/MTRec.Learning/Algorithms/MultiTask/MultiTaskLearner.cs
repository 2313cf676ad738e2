using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MultiTask;

/// <summary>
/// Fits a model of logits [B, K] to the tasks: the weighted sum of each task's binary cross-entropy, to which the watch time on its scale of
/// [0, 1] is a soft label.
/// </summary>
/// <param name="tasks">The tasks.</param>
/// <param name="taskWeights">Weight of each task's loss [K], 0 or more.</param>
/// <param name="views">What training examples know.</param>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
public sealed class MultiTaskLearner(
    IReadOnlyList<BehaviourTask> tasks, IReadOnlyList<float> taskWeights, ViewSampler views, Fitter fitter, int seed)
{
    private const int EvaluationBatch = 2048;

    /// <summary>Fits.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="model">The model.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="validation">Examples whose loss decides when to stop.</param>
    /// <returns>The validation loss after every epoch.</returns>
    public IReadOnlyList<double> Fit(string stage, nn.Module<FeatureBatch, Tensor> model, ImpressionExamples train, ImpressionExamples validation)
    {
        var random = new Random(seed);
        var trainTargets = new TaskTargets(train.Log, tasks);
        var validationTargets = new TaskTargets(validation.Log, tasks);
        var validationViews = views.Draw(validation.Count, new Random(seed));
        using var weights = tensor([.. taskWeights]);
        ExampleView[] drawn = [];

        return fitter.Fit(
            stage,
            model,
            seed,
            () =>
            {
                drawn = views.Draw(train.Count, random);
                var lengths = Enumerable.Range(0, train.Count).Select(row => train.HistoryLength(row, drawn[row])).ToArray();
                return BatchOrder.Shuffle(lengths, fitter.Options.BatchSize, random);
            },
            rows => Loss(model, train, trainTargets, rows, drawn, weights),
            () => fitter.Mean(
                BatchOrder.InOrder(validation.Count, EvaluationBatch),
                rows => Loss(model, validation, validationTargets, rows, validationViews, weights)));
    }

    /// <summary>The scores [examples, K] in the tasks' units, row by row.</summary>
    /// <param name="model">The model, in evaluation mode.</param>
    /// <param name="examples">The examples.</param>
    /// <param name="view">What they know.</param>
    public float[] Predict(nn.Module<FeatureBatch, Tensor> model, ImpressionExamples examples, ExampleView view)
    {
        using var quiet = no_grad();
        var scores = new float[examples.Count * tasks.Count];
        var drawn = Enumerable.Repeat(view, EvaluationBatch).ToArray();
        foreach (var rows in fitter.World.Share(BatchOrder.InOrder(examples.Count, EvaluationBatch)))
        {
            using var scope = NewDisposeScope();
            var batch = TaskScores.Of(model.call(examples.Batch(rows, drawn.AsSpan(0, rows.Length))), tasks);
            batch.Floats().CopyTo(scores, rows[0] * tasks.Count);
        }

        fitter.World.Sum(scores);
        return scores;
    }

    /// <summary>Mean over the examples of the weighted sum of the known tasks' binary cross-entropies.</summary>
    /// <param name="logits">[B, K].</param>
    /// <param name="targets">In [0, 1] [B, K].</param>
    /// <param name="known">1 where the log tells the target, else 0 [B, K].</param>
    /// <param name="weights">Weight of each task [K].</param>
    public static Tensor Loss(Tensor logits, Tensor targets, Tensor known, Tensor weights)
    {
        var losses = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction: nn.Reduction.None);
        return (losses * known * weights).sum() / logits.shape[0];
    }

    private Tensor Loss(
        nn.Module<FeatureBatch, Tensor> model, ImpressionExamples examples, TaskTargets targets, int[] rows, ExampleView[] drawn, Tensor weights)
    {
        var logits = model.call(examples.Batch(rows, Array.ConvertAll(rows, row => drawn[row])));
        var (values, known) = targets.Of(rows);
        return Loss(logits, tensor(values, rows.Length, tasks.Count), tensor(known, rows.Length, tasks.Count), weights);
    }
}
