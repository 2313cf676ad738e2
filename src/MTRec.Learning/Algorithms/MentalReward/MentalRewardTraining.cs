using MTRec.Export;
using MTRec.Learning.Distributed;
using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>How a mental reward is learned from a log, whatever the log: soft Q, the head that predicts the recovered reward, its calibration.</summary>
/// <param name="options">Hyper-parameters.</param>
/// <param name="views">What training examples know.</param>
/// <param name="seed">Seed of the batches and of the views.</param>
/// <param name="progress">Told of every step; may be null.</param>
/// <param name="cancellation">Ends the learning between two steps.</param>
/// <param name="world">The ranks that share the work; this process alone where left out.</param>
public sealed class MentalRewardTraining(
    QrIqlOptions options, ViewSampler views, int seed, IProgress<FitProgress>? progress, CancellationToken cancellation, World? world = null)
{
    /// <summary>Learns.</summary>
    /// <param name="backbone">Makes a backbone.</param>
    /// <param name="train">Training examples.</param>
    /// <param name="dev">Examples whose loss decides when to stop.</param>
    /// <param name="calibrating">Whether a user of <paramref name="dev"/>, by id, is one to calibrate the quantiles on; null where they stay as they are.</param>
    /// <param name="from">A graph of <see cref="MentalRewardModel"/> that is gone on from where it has the same sizes; else, and where null, all begins anew.</param>
    /// <returns>The parts; the caller disposes of them.</returns>
    /// <exception cref="ArgumentException">There is no positive response with an impression after it.</exception>
    /// <exception cref="ArithmeticException">A loss is not finite.</exception>
    public LearnedMentalReward Fit(
        Func<Backbone> backbone, ImpressionExamples train, ImpressionExamples dev, Func<string, bool>? calibrating = null, OnnxGraph? from = null)
    {
        var inverse = new QrIql(options, views, new Fitter(options.Fit, progress, cancellation, world), seed);
        var goesOn = false;
        var soft = inverse.Fit("mental reward", backbone, train, dev, model => goesOn = from is not null && model.TryGoOn(from));
        var regression = new RewardRegression(options, views, new Fitter(options.HeadFit, progress, cancellation, world), seed);
        RewardHead head;
        try
        {
            head = regression.Fit(
                "mental reward at serving time",
                soft,
                train,
                dev,
                begun => goesOn = goesOn && begun.TryGoOn(from!, soft.Backbone.UserWidth, soft.Backbone.ItemWidth));
        }
        catch
        {
            soft.Dispose();
            throw;
        }

        var model = new MentalRewardModel(soft.Backbone, soft.Head, head, options.RewardQuantiles);
        if (calibrating is not null)
            regression.Calibrate(head, model, soft, dev, calibrating);
        return new LearnedMentalReward(soft, head, model, regression, goesOn);
    }
}

/// <summary>A learned mental reward.</summary>
/// <param name="Soft">Stage one.</param>
/// <param name="Head">Stage two.</param>
/// <param name="Model">Both, as they are served.</param>
/// <param name="Regression">What learned stage two.</param>
/// <param name="GoesOn">Whether both stages went on from a graph.</param>
public sealed record LearnedMentalReward(SoftQModel Soft, RewardHead Head, MentalRewardModel Model, RewardRegression Regression, bool GoesOn) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Soft.Dispose();
        Head.Dispose();
    }
}
