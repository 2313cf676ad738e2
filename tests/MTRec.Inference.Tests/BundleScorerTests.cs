using MTRec.Core.Bundles;
using MTRec.Export;
using MTRec.Testing;
using Xunit;

namespace MTRec.Inference.Tests;

public sealed class BundleScorerTests : IDisposable
{
    private readonly TemporaryFolder _registry = new();
    private readonly Bundle _bundle;

    public BundleScorerTests() => _bundle = Bundle.Load(TestBundles.Publish(_registry.Path));

    public void Dispose()
    {
        _bundle.Dispose();
        _registry.Dispose();
    }

    [Fact]
    public void Every_graph_fills_its_outputs_and_no_other()
    {
        using var inputs = Request(4, seed: 1);
        using var outputs = new RankingOutputs(_bundle.Shape, 4);

        _bundle.Scorer.Fuse(inputs, outputs, explain: false);
        Assert.Equal((3, 4, 0, 0, 0, 0), Lengths(outputs));
        _bundle.Scorer.EstimateMentalReward(inputs, outputs);
        Assert.Equal((3, 4, 0, 4, 40, 0), Lengths(outputs));
        _bundle.Scorer.Fuse(inputs, outputs, explain: true);
        _bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        Assert.Equal((3, 4, 12, 4, 40, 8), Lengths(outputs));
        outputs.Reset(4);
        Assert.Equal((0, 0, 0, 0, 0, 0), Lengths(outputs));
    }

    [Fact]
    public void Task_scores_land_in_the_inputs_and_depend_on_each_candidate()
    {
        using var inputs = Request(3, seed: 2);
        inputs.Scores.Fill(-1);

        _bundle.Scorer.ScoreTasks(inputs);

        Assert.All(inputs.Scores.ToArray(), score => Assert.InRange(score, 0, 1));
        Assert.NotEqual(inputs.ScoresOf(0).ToArray(), inputs.ScoresOf(1).ToArray());
    }

    [Fact]
    public void The_mental_reward_depends_on_the_history_and_the_candidate()
    {
        using var inputs = Request(2, seed: 3);
        using var outputs = new RankingOutputs(_bundle.Shape, 2);
        _bundle.Scorer.EstimateMentalReward(inputs, outputs);
        var before = outputs.MentalMean.ToArray();
        inputs.History.Clear();
        _bundle.Scorer.EstimateMentalReward(inputs, outputs);

        Assert.NotEqual(before[0], before[1]);
        Assert.NotEqual(before, outputs.MentalMean.ToArray());
        Assert.Equal(outputs.MentalQuantilesOf(1).ToArray().Average(), outputs.MentalMean[1], 1e-5f);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(500)]
    public void A_candidates_answer_does_not_depend_on_its_neighbours(int count)
    {
        using var together = Request(count, seed: 4);
        _bundle.Scorer.ScoreTasks(together);
        using var answers = Score(together);
        foreach (var index in new[] { 0, count / 2, count - 1 })
        {
            using var alone = new RankingInputs(_bundle.Shape, 1);
            together.Context.CopyTo(alone.Context);
            together.User.CopyTo(alone.User);
            together.History.CopyTo(alone.History);
            together.Candidate(index).CopyTo(alone.Candidate(0));
            _bundle.Scorer.ScoreTasks(alone);
            using var answer = Score(alone);

            Assert.Equal(together.ScoresOf(index).ToArray(), alone.Scores.ToArray(), Close);
            Assert.Equal(answers.FusionScores[index], answer.FusionScores[0], 1e-5f);
            Assert.Equal(answers.MentalQuantilesOf(index).ToArray(), answer.MentalQuantiles.ToArray(), Close);
        }

        static bool Close(float a, float b) => Math.Abs(a - b) <= 1e-5f;
    }

    [Fact]
    public void Many_threads_get_the_answers_of_one()
    {
        var expected = Enumerable.Range(1, 40).Select(Answers).ToArray();

        Parallel.For(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i => Assert.Equal(expected[i % 40], Answers((i % 40) + 1)));

        float[] Answers(int count)
        {
            using var inputs = Request(count, seed: count);
            _bundle.Scorer.ScoreTasks(inputs);
            using var outputs = Score(inputs);
            return [.. inputs.Scores, .. outputs.FusionScores, .. outputs.MentalMean, .. outputs.MentalQuantiles];
        }
    }

    [Fact]
    public void The_fallback_is_the_manifests_weighted_sum()
    {
        using var inputs = Request(5, seed: 6);
        using var outputs = new RankingOutputs(_bundle.Shape, 5);

        _bundle.Scorer.Fuse(inputs, outputs, explain: true);
        var fused = outputs.FusionScores.ToArray();
        _bundle.Scorer.FuseByFallback(inputs, outputs);

        // The policy's fixed weights are the fallback's.
        Assert.Equal(fused, outputs.FusionScores.ToArray(), (a, b) => Math.Abs(a - b) <= 1e-5f);
        Assert.Equal(outputs.FusionScores[2], outputs.ContributionsOf(2).ToArray().Sum(), 1e-5f);
        Assert.True(outputs.Action.IsEmpty);
    }

    [Fact]
    public void No_candidates_give_empty_answers()
    {
        using var inputs = new RankingInputs(_bundle.Shape, 0);
        using var outputs = new RankingOutputs(_bundle.Shape, 0);

        _bundle.Scorer.ScoreTasks(inputs);
        _bundle.Scorer.Fuse(inputs, outputs, explain: true);
        _bundle.Scorer.FuseByFallback(inputs, outputs);
        _bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);

        Assert.True(outputs.FusionScores.IsEmpty);
    }

    [Fact]
    public void Inputs_and_outputs_of_different_counts_are_refused()
    {
        using var inputs = new RankingInputs(_bundle.Shape, 2);
        using var outputs = new RankingOutputs(_bundle.Shape, 3);

        Assert.Throws<ArgumentException>(() => _bundle.Scorer.Fuse(inputs, outputs, explain: false));
        Assert.Throws<ArgumentException>(() => _bundle.Scorer.FuseByFallback(inputs, outputs));
        Assert.Throws<ArgumentException>(() => _bundle.Scorer.EstimateMentalReward(inputs, outputs));
    }

    [Fact]
    public void A_bundle_without_the_optional_graphs_says_so()
    {
        using var bundle = Bundle.Load(TestBundles.Publish(_registry.Path, version: "2", taskScores: false, mentalReward: false));
        using var inputs = new RankingInputs(bundle.Shape, 1);
        using var outputs = new RankingOutputs(bundle.Shape, 1);

        Assert.False(bundle.HasTaskScores);
        Assert.False(bundle.HasMentalReward);
        Assert.Equal(0, bundle.Shape.Quantiles);
        bundle.Scorer.Fuse(inputs, outputs, explain: true);
        Assert.Throws<InvalidOperationException>(() => bundle.Scorer.ScoreTasks(inputs));
        Assert.Throws<InvalidOperationException>(() => bundle.Scorer.EstimateMentalReward(inputs, outputs));
        Assert.True(_bundle.HasTaskScores);
        Assert.True(_bundle.HasMentalReward);
    }

    [Fact]
    public void An_answer_that_is_not_finite_fails_the_graph_and_leaves_no_output()
    {
        // Sound on all that the probe tries: only a click score of exactly 0.123 divides 0 by 0.
        using var tampered = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("policy");
            var scores = graph.Input(BundleLayout.Scores, -1, 3);
            var distance = scores - graph.Constant([0.123f, -9, -9], 3);
            FusionGraphs.Fuse(graph, m.Tasks, m.Fusion, scores * (distance / distance), graph.Constant(TestBundles.Weights, 1, 3), actionPerCandidate: false);
            return parts with { Policy = graph };
        });
        using var bundle = Bundle.Load(tampered.Folder);
        using var inputs = new RankingInputs(bundle.Shape, 3);
        using var outputs = new RankingOutputs(bundle.Shape, 3);
        bundle.Scorer.Fuse(inputs, outputs, explain: true);
        inputs.ScoresOf(1)[0] = 0.123f;

        var failure = Assert.Throws<GraphFailedException>(() => bundle.Scorer.Fuse(inputs, outputs, explain: true));

        Assert.Equal(BundleLayout.Policy, failure.File);
        Assert.Equal((0, 0, 0, 0, 0, 0), Lengths(outputs));
        inputs.ScoresOf(1)[0] = 0.124f;
        bundle.Scorer.Fuse(inputs, outputs, explain: true);
        Assert.Equal(3, outputs.FusionScores.Length);
    }

    [Fact]
    public void A_graph_that_cannot_run_on_its_input_fails_with_its_name()
    {
        using var tampered = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("taskScores");
            var rows = graph.Cast(graph.Select(graph.Input("candidates", -1, 3), 1, 0), OnnxType.Int64);
            var embedding = graph.Initializer("items", new float[3 * (TestBundles.Items + 1)], TestBundles.Items + 1, 3);
            graph.Output(BundleLayout.Scores, graph.Gather(embedding, rows), -1, 3);
            return parts with { TaskScores = graph };
        });
        using var bundle = Bundle.Load(tampered.Folder);
        using var inputs = new RankingInputs(bundle.Shape, 1);
        inputs.Candidate(0)[0] = TestBundles.Items + 1;

        Assert.Equal(BundleLayout.TaskScores, Assert.Throws<GraphFailedException>(() => bundle.Scorer.ScoreTasks(inputs)).File);
    }

    [Fact]
    public void A_policy_may_act_on_every_candidate_alone()
    {
        using var tampered = new TamperedBundle(parts: (m, parts) =>
        {
            var graph = new OnnxGraph("policy");
            var scores = graph.Input(BundleLayout.Scores, -1, 3);
            FusionGraphs.Fuse(graph, m.Tasks, m.Fusion, scores, graph.Sigmoid(scores), actionPerCandidate: true);
            return parts with { Policy = graph };
        });
        using var bundle = Bundle.Load(tampered.Folder);
        using var inputs = new RankingInputs(bundle.Shape, 2);
        using var outputs = new RankingOutputs(bundle.Shape, 2);
        inputs.ScoresOf(1)[0] = 0.9f;

        bundle.Scorer.Fuse(inputs, outputs, explain: false);

        Assert.True(bundle.Shape.ActionPerCandidate);
        Assert.Equal(6, outputs.Action.Length);
        Assert.Equal(1 / (1 + MathF.Exp(-0.9f)), outputs.ActionOf(1)[0], 1e-5f);
        Assert.Equal(outputs.ActionOf(0)[1], outputs.ActionOf(1)[1]);
    }

    [Fact]
    public void A_call_allocates_little_whatever_the_number_of_candidates()
    {
        using var inputs = Request(500, seed: 7);
        using var outputs = new RankingOutputs(_bundle.Shape, 500);
        Call();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
            Call();
        var perCall = (GC.GetAllocatedBytesForCurrentThread() - before) / 20;

        Assert.InRange(perCall, 0, 4096);

        void Call()
        {
            inputs.Reset(500);
            outputs.Reset(500);
            _bundle.Scorer.ScoreTasks(inputs);
            _bundle.Scorer.Fuse(inputs, outputs, explain: false);
            _bundle.Scorer.EstimateMentalReward(inputs, outputs);
        }
    }

    private static (int Action, int Fusion, int Contributions, int Mean, int Quantiles, int SoftQ) Lengths(RankingOutputs outputs) => (
        outputs.Action.Length,
        outputs.FusionScores.Length,
        outputs.Contributions.Length,
        outputs.MentalMean.Length,
        outputs.MentalQuantiles.Length,
        outputs.SoftQ.Length);

    private RankingInputs Request(int count, int seed)
    {
        var random = new Random(seed);
        var inputs = new RankingInputs(_bundle.Shape, count);
        inputs.Context[0] = random.Next(24);
        inputs.User[0] = random.Next(100);
        foreach (ref var value in inputs.History)
            value = random.NextSingle();
        for (var i = 0; i < count; i++)
        {
            _bundle.Assembler.WriteItem(TestBundles.ItemId(random.Next(TestBundles.Items)), _bundle.Items, inputs.Candidate(i));
            inputs.Candidate(i)[1] = random.Next(600);
            foreach (ref var score in inputs.ScoresOf(i))
                score = random.NextSingle();
        }

        return inputs;
    }

    private RankingOutputs Score(RankingInputs inputs)
    {
        var outputs = new RankingOutputs(_bundle.Shape, inputs.Count);
        _bundle.Scorer.Fuse(inputs, outputs, explain: true);
        _bundle.Scorer.EstimateMentalReward(inputs, outputs, softQ: true);
        return outputs;
    }
}
