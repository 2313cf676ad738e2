using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Testing;

namespace MTRec.Serving.Tests;

/// <summary>A bundle whose graphs pass every check and give NaN, or fail, at one hour each: what a check cannot foresee.</summary>
internal static class FragileBundle
{
    public const double HourWithoutPolicy = 3.25;
    public const double HourWithoutMentalReward = 4.25;
    public const double HourWithoutTaskScores = 5.25;
    public const double HourOfFailingPolicy = 6.25;
    public const double HourOfFailingMentalReward = 7.25;
    public const double HourOfFailingTaskScores = 8.25;

    private const int Quantiles = 10;

    public static void Publish(string registry)
    {
        var manifest = TestBundles.Manifest();
        BundleWriter.Write(registry, manifest, new BundleParts(Policy(manifest), MentalReward(manifest), TaskScores(manifest), TestBundles.ItemTable(manifest)));
    }

    private static OnnxGraph Policy(BundleManifest manifest)
    {
        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, -1, manifest.Tasks.Count);
        var action = graph.Initializer("fixedAction", TestBundles.Weights, 1, manifest.Tasks.Count) * Fragile(graph, HourWithoutPolicy, HourOfFailingPolicy);
        FusionGraphs.Fuse(graph, manifest.Tasks, manifest.Fusion, scores, action, actionPerCandidate: false);
        return graph;
    }

    private static OnnxGraph MentalReward(BundleManifest manifest)
    {
        var graph = new OnnxGraph("mentalReward");
        var duration = Duration(graph, manifest) * Fragile(graph, HourWithoutMentalReward, HourOfFailingMentalReward);
        var steps = graph.Constant([.. Enumerable.Range(0, Quantiles).Select(i => 0.1f * i)], 1, Quantiles);
        var quantiles = duration + steps;
        graph.Output(BundleLayout.MeanOutput, graph.ReduceMean(quantiles, 1), -1);
        graph.Output(BundleLayout.QuantilesOutput, quantiles, -1, Quantiles);
        graph.Output(BundleLayout.SoftQOutput, graph.Concat(1, duration, graph.Neg(duration)), -1, 2);
        return graph;
    }

    private static OnnxGraph TaskScores(BundleManifest manifest)
    {
        var graph = new OnnxGraph("taskScores");
        var duration = Duration(graph, manifest) * Fragile(graph, HourWithoutTaskScores, HourOfFailingTaskScores);
        graph.Output(BundleLayout.Scores, duration * graph.Constant([1f, 0.1f, 0.5f], 1, 3), -1, 3);
        return graph;
    }

    private static OnnxValue Duration(OnnxGraph graph, BundleManifest manifest) =>
        graph.Slice(graph.Input(BundleLayout.CandidatesInput, -1, manifest.Schema().ItemWidth), 1, 1, 2) / 600;

    // 1; 0 / 0 at one hour; at the other the second element of a tensor that has one, which ends the run: [1, 1].
    private static OnnxValue Fragile(OnnxGraph graph, double hourOfNaN, double hourOfFailure)
    {
        var hour = graph.Slice(graph.Input(BundleLayout.ContextInput, 1, 2), 1, 0, 1);
        var distance = hour - graph.Scalar((float)hourOfNaN);
        var index = graph.Cast(graph.Equal(hour, graph.Scalar((float)hourOfFailure)), OnnxType.Int64);
        return distance / distance * graph.Gather(graph.Constant([1f], 1), index);
    }
}
