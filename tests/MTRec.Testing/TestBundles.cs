using MTRec.Core.Blending;
using MTRec.Core.Bundles;
using MTRec.Core.Features;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using MTRec.Export;

namespace MTRec.Testing;

/// <summary>
/// A small bundle whose every part does its job: three tasks, context, user and item features, a fixed policy, a mental reward
/// that depends on history and candidate, a task scorer and a table of <see cref="Items"/> items <c>v-1</c>, <c>v-2</c> ...
/// </summary>
public static class TestBundles
{
    /// <summary>Number of items in the table.</summary>
    public const int Items = 20;

    private const int Quantiles = 10;

    private static readonly string[] TaskNames = ["click", "like", "longView"];

    /// <summary>Weights that <see cref="FusionFormula.WeightedSum"/> fuses by.</summary>
    public static float[] Weights { get; } = [1, 2, 3];

    /// <summary>Publishes the bundle.</summary>
    /// <param name="registry">The registry's folder.</param>
    /// <param name="name">The bundle's name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="formula">The fusion formula.</param>
    /// <param name="taskScores">Whether it has a task scorer.</param>
    /// <param name="mentalReward">Whether it has a mental reward.</param>
    /// <param name="created">When it was made; a fixed day where null.</param>
    /// <param name="weights">Weights of <see cref="FusionFormula.WeightedSum"/>; <see cref="Weights"/> where null.</param>
    /// <param name="change">Changes the manifest, and with it the layout of the tensors.</param>
    /// <returns>The bundle's folder.</returns>
    public static string Publish(
        string registry,
        string name = "default",
        string version = "1",
        FusionFormula formula = FusionFormula.WeightedSum,
        bool taskScores = true,
        bool mentalReward = true,
        DateTimeOffset? created = null,
        float[]? weights = null,
        Func<BundleManifest, BundleManifest>? change = null)
    {
        var manifest = Manifest(name, version, formula) with { Created = created ?? new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero) };
        if (!mentalReward)
            manifest = manifest with { MentalReward = null, Blending = manifest.Blending with { MentalReward = null } };
        if (change is not null)
            manifest = change(manifest);
        var parts = Parts(manifest, weights);
        return BundleWriter.Write(
            registry,
            manifest,
            parts with { MentalReward = mentalReward ? parts.MentalReward : null, TaskScores = taskScores ? parts.TaskScores : null });
    }

    /// <summary>All graphs and the item table that fit a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="action">The fixed action; that of <see cref="Action"/> where null.</param>
    public static BundleParts Parts(BundleManifest manifest, float[]? action = null) => new(
        FusionGraphs.FixedPolicy(manifest.Tasks, manifest.Fusion, action ?? Action(manifest.Fusion.Formula)),
        MentalReward(manifest),
        TaskScores(manifest),
        ItemTable(manifest));

    /// <summary>The fixed action of a formula.</summary>
    public static float[] Action(FusionFormula formula) => formula switch
    {
        FusionFormula.PowerProduct => [0.5f, 1, 1.5f, 0.1f, 0.2f, 0.3f],
        _ => Weights,
    };

    /// <summary>The manifest, without its files.</summary>
    public static BundleManifest Manifest(string name = "default", string version = "1", FusionFormula formula = FusionFormula.WeightedSum) => new()
    {
        FormatVersion = BundleManifest.CurrentFormat,
        Name = name,
        Version = version,
        Created = new DateTimeOffset(2026, 1, 31, 0, 0, 0, TimeSpan.Zero),
        Tasks =
        [
            new TaskDefinition("click", 0, 1, 0.3f, "probability"),
            new TaskDefinition("like", 0, 1, 0.02f, "probability"),
            new TaskDefinition("longView", 0, 1, 0.25f, "probability"),
        ],
        Features =
        [
            new FeatureDefinition("hour", FeatureKind.Context, FeatureType.Numeric, 12, 0, 24),
            new FeatureDefinition("tab", FeatureKind.Context, FeatureType.Categorical, 0, 0, 3),
            new FeatureDefinition("age", FeatureKind.User, FeatureType.Numeric, 30, 0, 120),
            new FeatureDefinition("device", FeatureKind.User, FeatureType.Categorical, 0, 0, 2, new Dictionary<string, int> { ["phone"] = 1, ["tablet"] = 2 }),
            new FeatureDefinition("duration", FeatureKind.Item, FeatureType.Numeric, 20, 0, 600),
            new FeatureDefinition("category", FeatureKind.Item, FeatureType.Categorical, 0, 0, 4),
        ],
        History = new HistoryLayout(5, ["click", "longView"]),
        Fusion = new FusionSection(
            formula,
            "fixed",
            [.. Fuser.ActionNames(formula, TaskNames).Select(dimension => new ActionDimension(dimension, 0, 5))],
            formula == FusionFormula.LogSum ? [0.1f, 0.1f, 0.1f] : null),
        Exploration = new ExplorationSection(null, -0.15f, 0.15f),
        MentalReward = new MentalRewardSection("qr-iql", 0.9f, Quantiles, ["longView"]),
        Blending = new BlendingSection(new Standardiser(1.5, 0.5), new Standardiser(0.1, 0.4)),
        Fallback = new FallbackSection(Weights, new Standardiser(1.5, 0.5)),
        Files = new Dictionary<string, BundleFile>(),
        Provenance = new Provenance("made up", "0.1.0", 7, "none", [new Metric("auc.click", "dev", 0.7, 0.69, 0.71, 1000)]),
    };

    /// <summary>The id of a row of the item table.</summary>
    public static string ItemId(int row) => $"v-{row + 1}";

    /// <summary>An item's features [duration, category].</summary>
    public static float[] ItemFeatures(int row) => [5 + (10 * row), row % 5];

    /// <summary>The item table.</summary>
    public static ItemTable ItemTable(BundleManifest manifest)
    {
        var rows = Enumerable.Range(0, Items).ToArray();
        return new ItemTable([.. rows.Select(ItemId)], [.. rows.SelectMany(ItemFeatures)], manifest.Schema().Item.Count);
    }

    /// <summary>The graph of <see cref="BundleLayout.TaskScores"/>: a logistic layer on the request and the candidate.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="hidden">Units of two layers before it, which make it slow; none where 0.</param>
    public static OnnxGraph TaskScores(BundleManifest manifest, int hidden = 0)
    {
        var graph = new OnnxGraph("taskScores");
        var (features, width) = RequestAndCandidate(graph, manifest);
        var random = new Random(3);
        for (var layer = 0; layer < 2 && hidden > 0; (layer, width) = (layer + 1, hidden))
            features = graph.Tanh(graph.Linear($"hidden.{layer}", features, Weight(random, hidden * width), Weight(random, hidden), width, hidden));
        var logits = graph.Linear("scores", features, Weight(random, 3 * width), [-1, -3, -1], width, 3);
        graph.Output(BundleLayout.Scores, graph.Sigmoid(logits), -1, 3);
        return graph;
    }

    /// <summary>
    /// The graph of <see cref="BundleLayout.MentalReward"/>: a hidden layer on the request, the history's mean and the
    /// candidate; quantiles that rise from the lowest by softplus steps.
    /// </summary>
    public static OnnxGraph MentalReward(BundleManifest manifest)
    {
        var graph = new OnnxGraph("mentalReward");
        var (features, width) = RequestAndCandidate(graph, manifest);
        var random = new Random(5);
        var hidden = graph.Relu(graph.Linear("hidden", features, Weight(random, 16 * width), Weight(random, 16), width, 16));
        var lowest = graph.Linear("lowest", hidden, Weight(random, 16), [-0.5f], 16, 1);
        var steps = graph.Softplus(graph.Linear("steps", hidden, Weight(random, (Quantiles - 1) * 16), Weight(random, Quantiles - 1), 16, Quantiles - 1)) * 0.1f;
        var quantiles = lowest + graph.Concat(1, lowest * 0, graph.CumSum(steps, 1));
        graph.Output(BundleLayout.MeanOutput, graph.ReduceMean(quantiles, 1), -1);
        graph.Output(BundleLayout.QuantilesOutput, quantiles, -1, Quantiles);
        graph.Output(BundleLayout.SoftQOutput, graph.Linear("softQ", hidden, Weight(random, 32), [0.5f, -0.5f], 16, 2), -1, 2);
        return graph;
    }

    // Each column over its range; the history's age and watch columns bounded, the item's row left out.
    private static (OnnxValue Features, int Width) RequestAndCandidate(OnnxGraph graph, BundleManifest manifest)
    {
        var schema = manifest.Schema();
        var contract = new GraphContract(manifest).Inputs(BundleLayout.TaskScores).ToDictionary(input => input.Name);
        var candidates = graph.Input(contract[BundleLayout.CandidatesInput]);
        var item = Scaled(graph, graph.Slice(candidates, 1, 1), schema.Item);
        var context = Scaled(graph, graph.Input(contract[BundleLayout.ContextInput]), schema.Context);
        var user = Scaled(graph, graph.Input(contract[BundleLayout.UserInput]), schema.User);

        var history = graph.Input(contract[BundleLayout.HistoryInput]);
        var watched = graph.Tanh(graph.Slice(history, 2, HistoryLayout.WatchColumn, HistoryLayout.ActionStart) / 30);
        var actions = graph.Slice(history, 2, HistoryLayout.ActionStart, HistoryLayout.ActionStart + schema.History.Actions.Count);
        var present = graph.Slice(history, 2, HistoryLayout.PresentColumn, HistoryLayout.PresentColumn + 1);
        var events = graph.Concat(2, present, watched, actions);
        var request = graph.Concat(1, context, user, graph.ReduceMean(events, 1));

        var width = schema.Context.Count + schema.User.Count + 2 + schema.History.Actions.Count + schema.Item.Count;
        return (graph.Concat(1, graph.RepeatRows(request, candidates, 2), item), width);
    }

    private static OnnxValue Scaled(OnnxGraph graph, OnnxValue values, IReadOnlyList<FeatureDefinition> features) =>
        values / graph.Constant([.. features.Select(feature => feature.Max)], features.Count);

    private static float[] Weight(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
}

/// <summary>A folder of a test's own, deleted with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("mtrec-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
