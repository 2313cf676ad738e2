using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>
/// QR-IQL (MTRec, arXiv 2509.22807): the user is the agent, the log the expert. A state is (history, shown item), with the context and the
/// user's features where known; the actions are skip and positive; the next state is the user's next impression.
/// </summary>
/// <remarks>
/// V(s') comes from a target network that follows the learned one and carries no gradient. A user's last impression has no s':
/// see <see cref="SoftQ"/>.
/// </remarks>
/// <param name="options">Hyper-parameters.</param>
/// <param name="views">What training examples know.</param>
/// <param name="fitter">Fits.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
public sealed class QrIql(QrIqlOptions options, ViewSampler views, Fitter fitter, int seed)
{
    /// <summary>Learns Q.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="backbone">Makes a backbone: one to learn, one as the target.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="validation">Examples whose loss decides when to stop.</param>
    /// <param name="begin">Given every new model, to set where it begins; may be null.</param>
    /// <returns>The model, in evaluation mode.</returns>
    public SoftQModel Fit(
        string stage, Func<Backbone> backbone, ImpressionExamples train, ImpressionExamples validation, Action<SoftQModel>? begin = null) =>
        new SoftQLearner(views, fitter, options.TargetRate, seed).Fit(stage, () => Model(backbone(), begin), Loss, train, validation);

    private SoftQModel Model(Backbone backbone, Action<SoftQModel>? begin)
    {
        var model = new SoftQModel(backbone, new QuantileQNetwork(backbone.UserWidth, backbone.ItemWidth, options.Width, options.Quantiles));
        begin?.Invoke(model);
        return model;
    }

    private Tensor Loss(SoftQModel model, SoftQModel target, ImpressionExamples examples, int[] rows, ExampleView[] seen)
    {
        var actions = Array.ConvertAll(rows, row => options.Positive.Holds(examples.Log, row) ? 1L : 0);
        var nextValue = NextValue(target, examples, rows, seen, out var continues);
        return SoftQ.Loss(options, model.call(examples.Batch(rows, seen)), tensor(actions), nextValue, continues);
    }

    /// <summary>V(s') [B] without a gradient, and where there is an s' [B]; where there is none V is of s and not to be read.</summary>
    internal static Tensor NextValue(
        SoftQModel model, ImpressionExamples examples, int[] rows, ReadOnlySpan<ExampleView> seen, out Tensor continues)
    {
        using var quiet = no_grad();
        continues = tensor(Array.ConvertAll(rows, row => examples.Next(row) >= 0 ? 1f : 0f));
        return SoftQ.V(model.call(examples.Batch(Array.ConvertAll(rows, row => Math.Max(row, examples.Next(row))), seen)));
    }
}
