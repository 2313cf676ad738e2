using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>Fits a response model: the networks on training rows by likelihood, their calibration on held-out rows.</summary>
internal sealed class ResponseLearner(KuaiRandSimulatorOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Training rows have their log's own earlier rows as history.</summary>
    public static readonly ExampleView TrainView = new(WithProfile: true, WithEarlier: false);

    /// <summary>Later rows have the training log before them too.</summary>
    public static readonly ExampleView LaterView = new(WithProfile: true, WithEarlier: true);

    /// <summary>Fits.</summary>
    /// <param name="stage">The stage's name in reports.</param>
    /// <param name="train">Training rows.</param>
    /// <param name="held">Held-out rows that decide when to stop and calibrate.</param>
    public ResponseModel Fit(string stage, ImpressionExamples train, ImpressionExamples held)
    {
        var layout = new ResponseLayout(train.Log, options.Response.WatchBins);
        var targets = new ResponseTargets(train.Log, layout);
        var heldTargets = new ResponseTargets(held.Log, layout);
        var statistics = BackboneStatistics.Measure(train);
        var inputs = new ResponseInputs(train);
        var networks = Enumerable.Range(0, options.Response.Networks)
            .Select(_ => new ResponseNetwork(train.Schema, statistics, inputs, targets.BaseLogits(), options.Response)).ToArray();

        using var scope = NewDisposeScope();
        var rows = inputs.Of(train, TrainView);
        var heldRows = inputs.Of(held, LaterView);
        var truth = heldTargets.All();
        foreach (var (i, network) in networks.Index())
        {
            var random = new Random(options.Seed + i);
            new Fitter(options.ResponseFit, progress, cancellation).Fit(
                networks.Length == 1 ? stage : $"{stage}, network {i + 1} of {networks.Length}",
                network,
                options.Seed + i,
                () => Batches(train.Count, random),
                batch => targets.Of(batch).Loss(network.call(rows.Rows(batch)).squeeze(1)),
                () => truth.Loss(network.call(heldRows).squeeze(1)).item<float>());
        }

        Tensor logits;
        using (no_grad())
            logits = ResponseModel.MeanLogits(networks, heldRows).squeeze(1);
        var calibration = ResponseCalibration.Fit(logits, truth);

        // What the model keeps is not of this scope.
        return new ResponseModel(inputs, networks, calibration, layout);
    }

    private int[][] Batches(int count, Random random)
    {
        var order = Enumerable.Range(0, count).ToArray();
        random.Shuffle(order);
        return [.. order.Chunk(options.ResponseFit.BatchSize)];
    }
}
