using MTRec.Core.Bundles;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Examples;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Networks;

/// <summary>The exported graphs against the Torch modules.</summary>
public sealed class ParityTests
{
    private static readonly SyntheticExamples Data = new();

    public static TheoryData<int, int, bool> Requests => new()
    {
        { 1, 0, false },
        { 7, 3, false },
        { 100, 8, false },
        { 40, 8, true },
        { 5, 0, true },
    };

    public static TheoryData<int, int, bool, TaskExpertsOptions> UpstreamRequests
    {
        get
        {
            var data = new TheoryData<int, int, bool, TaskExpertsOptions>();
            TaskExpertsOptions[] experts =
            [
                new MmoeOptions { ExpertWidth = 16 },
                new PleOptions { ExpertWidth = 8 },
                new PleOptions { Levels = 3, ExpertWidth = 8 },
                new MfhOptions { ExpertWidth = 8, GroupBounds = [1, 4] },
            ];
            foreach (var options in experts)
            {
                foreach (var request in Requests)
                    data.Add((int)request[0], (int)request[1], (bool)request[2], options);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(UpstreamRequests), DisableDiscoveryEnumeration = true)]
    public void Task_scores_agree(int candidates, int events, bool extreme, TaskExpertsOptions experts)
    {
        manual_seed(5);
        using var model = new UpstreamModel(BehaviourTask.Default, [0.4f, 0.3f, 0.02f, 0.02f, 0.001f, 0.3f], Data.NewBackbone(), experts);
        Stir(model);
        model.eval();
        var run = GraphRun.Draw(Data.Schema, Data.Items.Ids.Count, candidates, events, extreme, new Random(candidates));

        var scores = run.Run(model.Export())[BundleLayout.Scores];

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var expected = TaskScores.Of(model.call(Batch(run)), BehaviourTask.Default).Floats();
        for (var i = 0; i < expected.Length; i++)
        {
            var range = BehaviourTask.Default[i % BehaviourTask.Default.Count].IsWatchTime ? BehaviourTask.MaxWatchSeconds : 1;
            Assert.Equal(expected[i] / range, scores[i] / range, 1e-5f);
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void Mental_reward_agrees_and_its_quantiles_do_not_fall(int candidates, int events, bool extreme)
    {
        manual_seed(6);
        using var backbone = Data.NewBackbone();
        using var q = new QuantileQNetwork(backbone.UserWidth, backbone.ItemWidth, 16, 10);
        using var head = new RewardHead(backbone.UserWidth, backbone.ItemWidth, 16, 10, -0.1f, 0.4f);
        Stir(backbone);
        backbone.eval();
        var model = new MentalRewardModel(backbone, q, head, 10);
        var run = GraphRun.Draw(Data.Schema, Data.Items.Ids.Count, candidates, events, extreme, new Random(candidates));

        var outputs = run.Run(model.Export());

        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var (mean, quantiles, softQ) = model.Predict(Batch(run));
        AssertNear(mean.Floats(), outputs[BundleLayout.MeanOutput]);
        AssertNear(quantiles.Floats(), outputs[BundleLayout.QuantilesOutput]);
        AssertNear(softQ.Floats(), outputs[BundleLayout.SoftQOutput]);
        for (var i = 0; i < candidates; i++)
        {
            var own = outputs[BundleLayout.QuantilesOutput].AsSpan(i * 10, 10).ToArray();
            Assert.Equal(own.Order(), own);
            Assert.Equal(own.Average(), outputs[BundleLayout.MeanOutput][i], 1e-5f);
        }
    }

    public static TheoryData<TaskExpertsOptions> Experts => new(new MmoeOptions(), new PleOptions(), new MfhOptions());

    [Theory]
    [MemberData(nameof(Experts), DisableDiscoveryEnumeration = true)]
    public void A_candidate_scores_the_same_whoever_stands_beside_it(TaskExpertsOptions experts)
    {
        manual_seed(7);
        using var model = new UpstreamModel(BehaviourTask.Default, [0.4f, 0.3f, 0.02f, 0.02f, 0.001f, 0.3f], Data.NewBackbone(), experts);
        model.eval();
        var run = GraphRun.Draw(Data.Schema, Data.Items.Ids.Count, 20, 6, false, new Random(1));
        var graph = model.Export();
        var together = run.Run(graph)[BundleLayout.Scores];
        for (var i = 0; i < 20; i++)
        {
            var alone = (run with { Candidates = run.Candidates[(i * Data.Schema.ItemWidth)..((i + 1) * Data.Schema.ItemWidth)] }).Run(graph)[BundleLayout.Scores];
            AssertNear(together[(i * alone.Length)..((i + 1) * alone.Length)], alone);
        }
    }

    // As trained weights are: biases away from 0, embeddings apart.
    private static void Stir(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var parameter in module.parameters())
            parameter.add_(randn_like(parameter) * 0.1);
    }

    private static FeatureBatch Batch(GraphRun run)
    {
        var rows = run.Candidates.Length / Data.Schema.ItemWidth;
        return new FeatureBatch(
            tensor(run.Context, 1, Data.Schema.Context.Count).expand(rows, -1),
            tensor(run.User, 1, Data.Schema.User.Count).expand(rows, -1),
            tensor(run.History, [1, Data.Schema.History.Length, Data.Schema.HistoryWidth]).expand(rows, -1, -1),
            tensor(run.Candidates, rows, Data.Schema.ItemWidth));
    }

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }
}
