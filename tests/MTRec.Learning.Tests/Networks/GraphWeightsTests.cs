using MTRec.Export;
using MTRec.Learning.Algorithms.MentalReward;
using MTRec.Learning.Algorithms.MultiTask;
using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Networks;

public sealed class GraphWeightsTests
{
    private static readonly float[] Means = [0.4f, 0.3f, 0.02f, 0.02f, 0.001f, 0.3f];
    private static readonly SyntheticExamples Data = new(users: 20);

    public static TheoryData<TaskExpertsOptions> Experts => new(new MmoeOptions(), new PleOptions(), new MfhOptions());

    [Theory]
    [MemberData(nameof(Experts), DisableDiscoveryEnumeration = true)]
    public void A_model_of_other_weights_and_of_another_logs_statistics_becomes_the_one_of_the_graph(TaskExpertsOptions experts)
    {
        manual_seed(1);
        using var served = new UpstreamModel(BehaviourTask.Default, Means, Data.NewBackbone(), experts);
        Stir(served);
        using var next = new UpstreamModel(BehaviourTask.Default, [0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f], OtherStatistics(), experts);
        var graph = OnnxGraph.Read(served.Export().ToBytes());
        Assert.NotEqual(served.Export().ToBytes(), next.Export().ToBytes());

        Assert.True(next.TryGoOn(graph));

        foreach (var ((name, shape, theirs), (_, _, own)) in served.Export().Weights.Zip(next.Export().Weights))
            Assert.True(theirs.SequenceEqual(own), $"{name} [{string.Join(", ", shape)}]");
        Assert.Equal(served.Export().ToBytes(), next.Export().ToBytes());
    }

    [Fact]
    public void Soft_q_comes_back_out_of_the_mental_rewards_graph()
    {
        manual_seed(2);
        using var served = new SoftQModel(Data.NewBackbone(), Head(16));
        Stir(served);
        using var head = new RewardHead(served.Backbone.UserWidth, served.Backbone.ItemWidth, 16, 10, 0, 1);
        var graph = OnnxGraph.Read(new MentalRewardModel(served.Backbone, served.Head, head, 10).Export().ToBytes());
        using var next = new SoftQModel(OtherStatistics(), Head(16));

        Assert.Equal((16, 10), SoftQModel.SizesOf(graph));
        Assert.True(next.TryGoOn(graph));

        Assert.Equal(Softq(served, head), Softq(next, head));
        using var anew = new RewardHead(served.Backbone.UserWidth, served.Backbone.ItemWidth, 16, 10, 1, 2);
        Assert.True(anew.TryGoOn(graph, served.Backbone.UserWidth, served.Backbone.ItemWidth));
        Assert.Equal(Softq(served, head), Softq(served, anew));
        using var narrow = new RewardHead(served.Backbone.UserWidth, served.Backbone.ItemWidth, 8, 10, 1, 2);
        Assert.False(narrow.TryGoOn(graph, served.Backbone.UserWidth, served.Backbone.ItemWidth));
    }

    [Fact]
    public void Where_the_graph_is_of_another_network_nothing_changes()
    {
        manual_seed(3);
        using var served = new UpstreamModel(BehaviourTask.Default, Means, Data.NewBackbone(), new MmoeOptions { TowerWidth = 16 });
        using var narrower = new UpstreamModel(BehaviourTask.Default, Means, Data.NewBackbone(), new MmoeOptions());
        using var other = new UpstreamModel(BehaviourTask.Default, Means, Data.NewBackbone(), new PleOptions());
        foreach (var model in new[] { narrower, other })
        {
            var before = model.Export().ToBytes();
            Assert.False(model.TryGoOn(served.Export()));
            Assert.Equal(before, model.Export().ToBytes());
        }
    }

    private static QuantileQNetwork Head(int width)
    {
        using var backbone = Data.NewBackbone();
        return new QuantileQNetwork(backbone.UserWidth, backbone.ItemWidth, width, 10);
    }

    private static byte[] Softq(SoftQModel model, RewardHead head) => new MentalRewardModel(model.Backbone, model.Head, head, 10).Export().ToBytes();

    private static Backbone OtherStatistics()
    {
        var measured = BackboneStatistics.Measure(Data.Train);
        static NumericStatistics[] Moved(IReadOnlyList<NumericStatistics> all) => [.. all.Select(one => new NumericStatistics(!one.HeavyTailed, one.Mean + 1, one.Deviation * 2))];
        return new Backbone(Data.Schema, new BackboneStatistics(Moved(measured.Context), Moved(measured.User), Moved(measured.Item)), Data.Items.Ids.Count, SyntheticExamples.SmallBackbone);
    }

    // As trained weights are: biases away from 0.
    private static void Stir(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var parameter in module.parameters())
            parameter.add_(randn_like(parameter) * 0.1);
    }
}
