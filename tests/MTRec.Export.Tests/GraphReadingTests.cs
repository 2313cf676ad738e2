using MTRec.Core.Bundles;
using MTRec.Testing;
using Xunit;

namespace MTRec.Export.Tests;

public class GraphReadingTests
{
    [Fact]
    public void A_graph_that_was_read_is_written_as_it_was()
    {
        var written = TestBundles.MentalReward(TestBundles.Manifest());
        var read = OnnxGraph.Read(written.ToBytes());
        Assert.Equal(written.ToBytes(), read.ToBytes());
        Assert.Equal(written.Inputs.Select(input => input.ToString()), read.Inputs.Select(input => input.ToString()));
        Assert.Equal(written.Outputs.Select(output => output.ToString()), read.Outputs.Select(output => output.ToString()));
        Assert.Throws<ArgumentException>(() => read.Input(written.Inputs[0].Name, 1));
    }

    [Fact]
    public void Contributions_of_a_policy_s_own_are_summed_up()
    {
        var graph = new OnnxGraph("policy");
        var scores = graph.Input(BundleLayout.Scores, GraphContract.Candidates, 3);
        FusionGraphs.End(graph, scores * scores, 3, graph.Constant([1f, 2, 3], 1, 3), 3, actionPerCandidate: false);
        var outputs = GraphRun.Run(graph, (BundleLayout.Scores, [0.5f, -1, 2, 0, 0, 3], [2, 3]));
        Assert.Equal([0.25f + 1 + 4, 9], outputs[BundleLayout.FusionScoreOutput]);
        Assert.Equal([0.25f, 1, 4, 0, 0, 9], outputs[BundleLayout.ContributionsOutput]);
        Assert.Equal([1, 2, 3], outputs[BundleLayout.ActionOutput]);
    }
}
