using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>Fits soft Q to a log, with a target network that follows the learned one and carries no gradient.</summary>
/// <param name="views">What training examples know.</param>
/// <param name="fitter">Fits.</param>
/// <param name="targetRate">Share of the network that the target takes over after every step.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
internal sealed class SoftQLearner(ViewSampler views, Fitter fitter, double targetRate, int seed)
{
    private const int EvaluationBatch = 2048;

    /// <summary>The loss of some rows: model, target, examples, rows, what each of them knows.</summary>
    public delegate Tensor RowLoss(SoftQModel model, SoftQModel target, ImpressionExamples examples, int[] rows, ExampleView[] seen);

    /// <summary>Learns Q.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="make">Makes a model: one to learn, one as the target.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="validation">Examples whose loss decides when to stop.</param>
    /// <returns>The model, in evaluation mode.</returns>
    public SoftQModel Fit(string stage, Func<SoftQModel> make, RowLoss loss, ImpressionExamples train, ImpressionExamples validation)
    {
        var random = new Random(seed);
        var model = make();
        using var target = make();
        target.eval();
        target.Follow(model, 1);
        var validationViews = views.Draw(validation.Count, new Random(seed));
        ExampleView[] drawn = [];

        fitter.Fit(
            stage,
            model,
            seed,
            () =>
            {
                drawn = views.Draw(train.Count, random);
                var lengths = Enumerable.Range(0, train.Count).Select(row => train.HistoryLength(row, drawn[row])).ToArray();
                return BatchOrder.Shuffle(lengths, fitter.Options.BatchSize, random);
            },
            rows => loss(model, target, train, rows, Array.ConvertAll(rows, row => drawn[row])),
            () => fitter.Mean(
                BatchOrder.InOrder(validation.Count, EvaluationBatch),
                rows => loss(model, model, validation, rows, Array.ConvertAll(rows, row => validationViews[row]))),
            afterStep: () => target.Follow(model, targetRate));
        return model;
    }
}
