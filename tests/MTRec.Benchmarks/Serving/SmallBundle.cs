using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Export;

namespace MTRec.Benchmarks.Serving;

/// <summary>
/// A bundle of eight tasks whose graphs are small, so that the service around them is what is measured: fixed weights fuse, and the mental reward is
/// two layers over the user, the history's mean and the candidate. Its weights are drawn, not learned.
/// </summary>
internal static class SmallBundle
{
    private const int Items = 20_000;
    private const int Hidden = 64;
    private const int Quantiles = 10;

    private static readonly string[] TaskNames = ["click", "longView", "like", "follow", "comment", "forward", "favorite", "hate"];

    /// <summary>Publishes it.</summary>
    public static void Publish(string registry, string version = "1")
    {
        var manifest = Manifest() with { Version = version };
        BundleWriter.Write(
            registry,
            manifest,
            new BundleParts(FusionGraphs.FixedPolicy(manifest.Tasks, manifest.Fusion, manifest.Fallback.Weights), MentalReward(manifest), null, ItemTable(manifest)));
    }

    private static BundleManifest Manifest() => new()
    {
        FormatVersion = BundleManifest.CurrentFormat,
        Name = "default",
        Version = "1",
        Created = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
        Tasks = [.. TaskNames.Select(name => new TaskDefinition(name, 0, 1, 0.1f, "probability"))],
        Features =
        [
            new FeatureDefinition("hour", FeatureKind.Context, FeatureType.Numeric, 12, 0, 24),
            new FeatureDefinition("tab", FeatureKind.Context, FeatureType.Categorical, 0, 0, 15),
            .. Enumerable.Range(0, 6).Select(i => new FeatureDefinition($"user{i}", FeatureKind.User, FeatureType.Numeric, 0.5f, 0, 1)),
            .. Enumerable.Range(0, 12).Select(i => new FeatureDefinition($"item{i}", FeatureKind.Item, FeatureType.Numeric, 0.5f, 0, 1)),
        ],
        History = new HistoryLayout(50, ["click", "longView", "like", "hate"]),
        Fusion = new FusionSection(
            FusionFormula.WeightedSum, "fixed", [.. Fuser.ActionNames(FusionFormula.WeightedSum, TaskNames).Select(name => new ActionDimension(name, -10, 10))], null),
        Exploration = new ExplorationSection(null, -0.15f, 0.15f),
        MentalReward = new MentalRewardSection("drawn", 0.9f, Quantiles, ["longView"]),
        Blending = new BlendingSection(new Standardiser(1.5, 0.5), new Standardiser(0.1, 0.4)),
        Fallback = new FallbackSection([1, 1.5f, 2, 3, 3, 3, 2, -5], new Standardiser(1.5, 0.5)),
        Files = new Dictionary<string, BundleFile>(),
        Provenance = new Provenance("drawn", "0.1.0", 7, "none", [new Metric("none", "none", 0, 0, 0, 1)]),
    };

    private static ItemTable ItemTable(BundleManifest manifest)
    {
        var random = new Random(11);
        var features = manifest.Schema().Item.Count;
        return new ItemTable(
            [.. Enumerable.Range(0, Items).Select(i => $"{3_000_000_000 + (7919L * i)}")],
            [.. Enumerable.Range(0, Items * features).Select(_ => random.NextSingle())],
            features);
    }

    // The request's half of the first layer is computed once and added to every candidate's.
    private static OnnxGraph MentalReward(BundleManifest manifest)
    {
        var graph = new OnnxGraph("mentalReward");
        var schema = manifest.Schema();
        var random = new Random(5);
        var contract = new GraphContract(manifest).Inputs(BundleLayout.MentalReward).ToDictionary(input => input.Name);
        var history = graph.ReduceMean(graph.Slice(graph.Input(contract[BundleLayout.HistoryInput]), 2, HistoryLayout.ActionStart), 1);
        var request = graph.Concat(
            1, graph.Input(contract[BundleLayout.ContextInput]) / 24, graph.Input(contract[BundleLayout.UserInput]), Actions(graph, history, schema));
        var item = graph.Slice(graph.Input(contract[BundleLayout.CandidatesInput]), 1, 1);
        var hidden = graph.Relu(
            Layer(graph, "request", request, random, schema.Context.Count + schema.User.Count + schema.History.Actions.Count, Hidden)
            + Layer(graph, "item", item, random, schema.Item.Count, Hidden));
        hidden = graph.Relu(Layer(graph, "hidden", hidden, random, Hidden, Hidden / 2));
        var quantiles = graph.CumSum(graph.Softplus(Layer(graph, "quantiles", hidden, random, Hidden / 2, Quantiles)), 1) * 0.1f;
        graph.Output(BundleLayout.MeanOutput, graph.ReduceMean(quantiles, 1), -1);
        graph.Output(BundleLayout.QuantilesOutput, quantiles, -1, Quantiles);
        graph.Output(BundleLayout.SoftQOutput, Layer(graph, "softQ", hidden, random, Hidden / 2, 2), -1, 2);
        return graph;
    }

    private static OnnxValue Actions(OnnxGraph graph, OnnxValue history, FeatureSchema schema) => graph.Slice(history, 1, 0, schema.History.Actions.Count);

    private static OnnxValue Layer(OnnxGraph graph, string name, OnnxValue x, Random random, int inputs, int outputs) =>
        graph.Linear(name, x, Drawn(random, inputs * outputs, inputs), Drawn(random, outputs, inputs), inputs, outputs);

    private static float[] Drawn(Random random, int count, int inputs) =>
        [.. Enumerable.Range(0, count).Select(_ => ((random.NextSingle() * 2) - 1) / MathF.Sqrt(inputs))];
}
