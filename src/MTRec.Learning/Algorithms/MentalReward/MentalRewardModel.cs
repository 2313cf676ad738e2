using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Learning.Distributed;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using static TorchSharp.torch;

namespace MTRec.Learning.Algorithms.MentalReward;

/// <summary>The mental reward as it is served: one backbone, the soft Q of both actions, and the predicted reward of a positive response.</summary>
/// <param name="backbone">State and candidates.</param>
/// <param name="q">Stage one.</param>
/// <param name="head">Stage two.</param>
/// <param name="quantiles">N.</param>
public sealed class MentalRewardModel(Backbone backbone, QuantileQNetwork q, RewardHead head, int quantiles)
{
    private const int EvaluationBatch = 2048;

    /// <summary>Mean [B], quantiles [B, N] of r(s, positive), and Q(s, a) [B, 2].</summary>
    public (Tensor Mean, Tensor Quantiles, Tensor SoftQ) Predict(FeatureBatch batch)
    {
        var halves = backbone.call(batch);
        var predicted = head.call(halves);
        return (predicted.mean([-1]), predicted, SoftQ.Q(q.call(halves)));
    }

    /// <summary>Means [examples] and quantiles [examples, N] of r(s, positive), row by row.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="view">What they know.</param>
    /// <param name="world">The ranks that share the work, all of which must call; this process alone where left out.</param>
    public (float[] Means, float[] Quantiles) Predict(ImpressionExamples examples, ExampleView view, World? world = null)
    {
        using var quiet = no_grad();
        var means = new float[examples.Count];
        var all = new float[examples.Count * quantiles];
        var views = Enumerable.Repeat(view, EvaluationBatch).ToArray();
        foreach (var rows in (world ?? World.Alone).Share(BatchOrder.InOrder(examples.Count, EvaluationBatch)))
        {
            using var scope = NewDisposeScope();
            var (mean, predicted, _) = Predict(examples.Batch(rows, views.AsSpan(0, rows.Length)));
            mean.Floats().CopyTo(means, rows[0]);
            predicted.Floats().CopyTo(all, rows[0] * quantiles);
        }

        world?.Sum(means);
        world?.Sum(all);

        return (means, all);
    }

    /// <summary>The graph of <see cref="BundleLayout.MentalReward"/>.</summary>
    public OnnxGraph Export()
    {
        var graph = new OnnxGraph("mental-reward");
        var (user, item) = backbone.Export(graph, SoftQModel.BackboneName);
        var predicted = head.Export(graph, RewardHead.GraphName, user, item);
        graph.Output(BundleLayout.MeanOutput, graph.ReduceMean(predicted, 1), GraphContract.Candidates);
        graph.Output(BundleLayout.QuantilesOutput, predicted, GraphContract.Candidates, quantiles);
        graph.Output(BundleLayout.SoftQOutput, q.Export(graph, SoftQModel.HeadName, user, item), GraphContract.Candidates, QuantileQNetwork.Actions);
        return graph;
    }
}
