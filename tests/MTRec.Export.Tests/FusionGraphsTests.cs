using FsCheck;
using FsCheck.Fluent;
using MTRec.Core.Bundles;
using MTRec.Core.Fusion;
using MTRec.Core.Tasks;
using Xunit;

namespace MTRec.Export.Tests;

public class FusionGraphsTests
{
    private static readonly TaskDefinition[] Tasks =
    [
        new("click", 0, 1, 0.3f, "probability"),
        new("watchTime", -10, 300, 20, "seconds"),
    ];

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void The_graph_is_the_formula_on_any_scores(FusionFormula formula)
    {
        float[] action = formula == FusionFormula.PowerProduct ? [0.7f, -1.2f, 0.05f, 0] : [0.7f, -1.2f];
        var fusion = Fusion(formula);
        var graph = FusionGraphs.FixedPolicy(Tasks, fusion, action);
        var scores = Gen.Choose(-2000, 2000).Select(i => i / 4f);

        Prop.ForAll(Arb.From(scores.ArrayOf(6)), raw =>
        {
            var outputs = GraphRun.Run(graph, (BundleLayout.Scores, raw, [3, 2]));
            var contributions = new float[2];
            for (var i = 0; i < 3; i++)
            {
                float[] normalised = [Tasks[0].Normalise(raw[2 * i]), Tasks[1].Normalise(raw[(2 * i) + 1])];
                var fused = Fuser.Fuse(formula, normalised, action, [.. fusion.Priors ?? []], contributions);
                GraphRun.AssertClose([fused], [outputs[BundleLayout.FusionScoreOutput][i]]);
                GraphRun.AssertClose(contributions, outputs[BundleLayout.ContributionsOutput][(2 * i)..((2 * i) + 2)]);
            }

            Assert.Equal(action, outputs[BundleLayout.ActionOutput]);
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void An_action_a_candidate_fuses_each_by_its_own(FusionFormula formula)
    {
        var fusion = Fusion(formula);
        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, -1, 2);

        // Acts by the candidate's own scores.
        var action = graph.Sigmoid(formula == FusionFormula.PowerProduct ? graph.Concat(1, scores, scores) : scores);
        FusionGraphs.Fuse(graph, Tasks, fusion, scores, action, actionPerCandidate: true);
        float[] raw = [0.1f, 12, 0.9f, 250, 0.5f, -3];

        var outputs = GraphRun.Run(graph, (BundleLayout.Scores, raw, [3, 2]));

        var contributions = new float[2];
        var width = fusion.Action.Count;
        for (var i = 0; i < 3; i++)
        {
            float[] own = [raw[2 * i], raw[(2 * i) + 1]];
            var expectedAction = Enumerable.Range(0, width).Select(d => 1 / (1 + MathF.Exp(-own[d % 2]))).ToArray();
            float[] normalised = [Tasks[0].Normalise(own[0]), Tasks[1].Normalise(own[1])];
            GraphRun.AssertClose(expectedAction, outputs[BundleLayout.ActionOutput][(i * width)..((i + 1) * width)]);
            GraphRun.AssertClose(
                [Fuser.Fuse(formula, normalised, expectedAction, [.. fusion.Priors ?? []], contributions)], [outputs[BundleLayout.FusionScoreOutput][i]]);
        }

        Assert.Equal([-1L, width], graph.Outputs.Single(output => output.Name == BundleLayout.ActionOutput).Shape);
    }

    [Fact]
    public void An_action_of_the_wrong_length_or_beyond_its_range_is_refused()
    {
        var fusion = Fusion(FusionFormula.WeightedSum);

        Assert.Throws<ArgumentException>(() => FusionGraphs.FixedPolicy(Tasks, fusion, [1]));
        Assert.Contains(
            "watchTime.weight",
            Assert.Throws<ArgumentException>(() => FusionGraphs.FixedPolicy(Tasks, fusion, [1, 99])).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => FusionGraphs.FixedPolicy(Tasks, fusion, [1, float.NaN]));
    }

    [Theory]
    [InlineData(FusionFormula.WeightedSum)]
    [InlineData(FusionFormula.LogSum)]
    [InlineData(FusionFormula.PowerProduct)]
    public void A_candidates_score_is_the_same_to_the_bit_among_any_neighbours(FusionFormula formula)
    {
        var tasks = Enumerable.Range(0, 6).Select(k => new TaskDefinition($"t{k}", 0, 1, 0.1f, "probability")).ToArray();
        var names = Fuser.ActionNames(formula, [.. tasks.Select(task => task.Name)]);
        var fusion = new FusionSection(
            formula,
            "fixed",
            [.. names.Select(name => new ActionDimension(name, 0, 20))],
            formula == FusionFormula.LogSum ? [0.01f, 0.02f, 0.001f, 0.03f, 0.004f, 0.05f] : null);
        var graph = FusionGraphs.FixedPolicy(tasks, fusion, [.. names.Select((_, k) => 0.3f + (k * 1.7f))]);
        var random = new Random(1);
        for (var rows = 2; rows <= 40; rows++)
        {
            var scores = Enumerable.Range(0, rows * 6).Select(_ => random.NextSingle()).ToArray();
            var together = GraphRun.Run(graph, (BundleLayout.Scores, scores, [rows, 6]))[BundleLayout.FusionScoreOutput];
            for (var row = 0; row < rows; row += rows - 1)
            {
                var alone = GraphRun.Run(graph, (BundleLayout.Scores, scores[(row * 6)..((row + 1) * 6)], [1, 6]))[BundleLayout.FusionScoreOutput];
                Assert.Equal(BitConverter.SingleToInt32Bits(alone[0]), BitConverter.SingleToInt32Bits(together[row]));
            }
        }
    }

    private static FusionSection Fusion(FusionFormula formula) => new(
        formula,
        "fixed",
        [.. Fuser.ActionNames(formula, [.. Tasks.Select(task => task.Name)]).Select(name => new ActionDimension(name, -2, 2))],
        formula == FusionFormula.LogSum ? [0.01f, 0.5f] : null);
}
