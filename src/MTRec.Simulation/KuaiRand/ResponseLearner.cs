using MTRec.Learning.Examples;
using MTRec.Learning.Fitting;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Core.Features;
using static TorchSharp.torch;

namespace MTRec.Simulation.KuaiRand;

/// <summary>Fits a response model: the networks on training rows by likelihood, their calibration on held-out rows.</summary>
internal sealed class ResponseLearner(KuaiRandSimulatorOptions options, IProgress<FitProgress>? progress, CancellationToken cancellation)
{
    /// <summary>Training rows have their log's own earlier rows as history.</summary>
    public static readonly ExampleView TrainView = new(WithProfile: true, WithEarlier: false);

    /// <summary>Later rows have the training log before them too.</summary>
    public static readonly ExampleView LaterView = new(WithProfile: true, WithEarlier: true);

    private const int EvaluationBatch = 2048;
    private const int DurationRanges = 8;

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
        MatchingKey[] keys = [.. Keys(train)];
        int[] lengths = [.. Enumerable.Range(0, train.Count).Select(row => train.HistoryLength(row, TrainView))];
        var networks = new List<ResponseNetwork>();
        for (var i = 0; i < options.Response.Networks; i++)
        {
            var network = new ResponseNetwork(train.Schema, statistics, keys, targets.BaseLogits(), options.Response);
            networks.Add(network);
            var random = new Random(options.Seed + i);
            new Fitter(options.ResponseFit, progress, cancellation).Fit(
                options.Response.Networks == 1 ? stage : $"{stage}, network {i + 1} of {options.Response.Networks}",
                network,
                () => BatchOrder.Shuffle(lengths, options.ResponseFit.BatchSize, random),
                rows => targets.Of(rows).Loss(network.call(Batch(train, rows, TrainView))),
                () =>
                {
                    using var scope = NewDisposeScope();
                    return heldTargets.All().Loss(Logits([network], held)).item<float>();
                });
        }

        ResponseCalibration calibration;
        using (NewDisposeScope())
        {
            Tensor logits;
            using (no_grad())
                logits = Logits(networks, held);
            calibration = ResponseCalibration.Fit(logits, heldTargets.All());
        }

        return new ResponseModel(networks, calibration, layout);
    }

    private static Tensor Logits(IReadOnlyList<ResponseNetwork> networks, ImpressionExamples examples)
    {
        var parts = new List<Tensor>();
        foreach (var rows in BatchOrder.InOrder(examples.Count, EvaluationBatch))
        {
            using var scope = NewDisposeScope();
            var batch = Batch(examples, rows, LaterView);
            parts.Add(ResponseModel.MeanLogits(networks, network => network.call(batch)).MoveToOuterDisposeScope());
        }

        return cat(parts, 0);
    }

    private static FeatureBatch Batch(ImpressionExamples examples, int[] rows, ExampleView view) =>
        examples.Batch(rows, Enumerable.Repeat(view, rows.Length).ToArray());

    private static IEnumerable<MatchingKey> Keys(ImpressionExamples examples)
    {
        var schema = examples.Schema;
        yield return new MatchingKey("item", 0);
        for (var i = 0; i < schema.Item.Count; i++)
        {
            var column = i + 1;
            if (schema.Item[i].Type == FeatureType.Categorical)
                yield return new MatchingKey(schema.Item[i].Name, column);
            else if (schema.Item[i].Name == "duration")
                yield return MatchingKey.OfRanges("duration", column, Enumerable.Range(0, examples.Count).Select(row => examples.Candidates[(row * schema.ItemWidth) + column]), DurationRanges);
        }
    }
}
