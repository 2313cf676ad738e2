using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Export;
using MTRec.Inference;
using MTRec.Learning.Algorithms.ActorCritic;
using MTRec.Learning.Algorithms.BatchRl;
using MTRec.Learning.Algorithms.EnhancedRl;
using MTRec.Learning.Algorithms.UnifiedRl;
using MTRec.Learning.Environments;
using MTRec.Learning.Fusion;
using MTRec.Learning.Networks;
using MTRec.Learning.Tests.Fusion;
using MTRec.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Algorithms.Fusion;

/// <summary>The learned policies as bundles: served as they were trained.</summary>
public sealed class ExportTests : IDisposable
{
    private const int Candidates = 9;

    private readonly TemporaryFolder _registry = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public static TheoryData<string, FusionFormula, bool> Policies
    {
        get
        {
            var data = new TheoryData<string, FusionFormula, bool>();
            foreach (var algorithm in new[] { "batchrl-mtf", "unified-rl", "enhanced-rl", "td3", "cql-sac" })
            {
                foreach (var formula in Fuser.OfScores)
                {
                    data.Add(algorithm, formula, false);
                    data.Add(algorithm, formula, true);
                }
            }

            return data;
        }
    }

    public void Dispose()
    {
        _scope.Dispose();
        _registry.Dispose();
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_bundle_ranks_as_the_module_does(string algorithm, FusionFormula formula, bool extreme)
    {
        var manifest = TestBundles.Manifest(formula: formula);
        manifest = manifest with
        {
            MentalReward = null,
            Blending = manifest.Blending with { MentalReward = null },
            Fusion = manifest.Fusion with { Algorithm = algorithm, Action = [.. manifest.Fusion.Action.Select((dimension, i) => dimension with { Min = -1 + i, Max = 2 + i })] },
        };
        var actions = new FusionActions(manifest.Fusion, 3);
        using var policy = New(algorithm, actions, State(manifest), manifest.Schema().Item.Count);
        (policy as nn.Module ?? ((ActorPolicy)policy).Network).Stir(11);
        using var bundle = Bundle.Load(BundleWriter.Write(_registry.Path, manifest, new BundleParts(Graph(manifest, policy), Items: TestBundles.ItemTable(manifest))));
        using var inputs = new RankingInputs(bundle.Shape, Candidates);
        using var outputs = new RankingOutputs(bundle.Shape, Candidates);
        var random = new Random(7);
        Fill(inputs.Context, random, 3, extreme);
        Fill(inputs.User, random, 2, extreme);
        Fill(inputs.Candidates, random, 4, extreme);
        Fill(inputs.Scores, random, 1, extreme);

        bundle.Scorer.Fuse(inputs, outputs, explain: true);

        using var quiet = no_grad();
        var observation = Observe(manifest, inputs);
        var expected = policy.Actions.ToReal(policy.Act(observation)).Floats();
        AssertNear(expected, outputs.Action.ToArray());
        AssertNear(policy.Score(observation).Floats(), outputs.FusionScores.ToArray());

        // Alone, a candidate scores as it does among the others.
        var together = outputs.FusionScores.ToArray();
        var (row, scores) = (inputs.Candidate(4).ToArray(), inputs.ScoresOf(4).ToArray());
        inputs.Resize(1);
        row.CopyTo(inputs.Candidate(0));
        scores.CopyTo(inputs.ScoresOf(0));
        outputs.Reset(1);
        bundle.Scorer.Fuse(inputs, outputs, explain: false);
        Assert.Equal(together[4], outputs.FusionScores[0], 1e-5f);
    }

    private static IExportablePolicy New(string algorithm, FusionActions actions, int state, int items) => algorithm switch
    {
        "batchrl-mtf" => new BatchRlPolicy(actions, state, new BatchRlOptions { Hidden = [16, 8] }),
        "td3" => new ActorPolicy(algorithm, actions, new Mlp(state, [16, 8], actions.Width)),
        "cql-sac" => new ActorPolicy(algorithm, actions, new Mlp(state, [16], 2 * actions.Width)),
        "unified-rl" => new UnifiedRlPolicy(actions, state, new UnifiedRlOptions { Hidden = [16, 8] }),
        _ => new EnhancedRlPolicy(actions, state, items, new EnhancedRlOptions { ExpertWidth = 8 }),
    };

    private static int State(BundleManifest manifest) => manifest.Schema().Context.Count + manifest.Schema().User.Count;

    // The state of a test: context and user, each over 10; the items' features over 10.
    private static OnnxGraph Graph(BundleManifest manifest, IExportablePolicy policy)
    {
        var graph = new OnnxGraph("policy");
        var contract = new GraphContract(manifest).Inputs(BundleLayout.Policy).ToDictionary(input => input.Name);
        var state = graph.Concat(1, graph.Input(contract[BundleLayout.ContextInput]), graph.Input(contract[BundleLayout.UserInput])) / 10;
        var items = policy.PerCandidate ? graph.Slice(graph.Input(contract[BundleLayout.CandidatesInput]), 1, 1) / 10 : null;
        PolicyGraph.End(graph, policy, manifest.Tasks, state, items, graph.Input(contract[BundleLayout.Scores]));
        return graph;
    }

    private static Observation Observe(BundleManifest manifest, RankingInputs inputs)
    {
        var state = cat([tensor(inputs.Context.ToArray()), tensor(inputs.User.ToArray())]).unsqueeze(0) / 10;
        var items = tensor(inputs.Candidates.ToArray()).reshape(1, Candidates, -1).narrow(2, 1, manifest.Schema().Item.Count) / 10;
        return new Observation(state, ones(1), tensor(inputs.Scores.ToArray(), [1, Candidates, 3]), items);
    }

    private static void Fill(Span<float> values, Random random, int size, bool extreme)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = extreme ? random.Next(2) * size : random.NextSingle() * size;
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f * Math.Max(1, Math.Abs(expected[i])));
    }
}
