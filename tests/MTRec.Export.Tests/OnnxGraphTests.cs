using MTRec.Core.Bundles;
using Xunit;

namespace MTRec.Export.Tests;

public class OnnxGraphTests
{
    [Fact]
    public void The_same_calls_give_the_same_bytes()
    {
        Assert.Equal(Build().ToBytes(), Build().ToBytes());

        static OnnxGraph Build()
        {
            var graph = new OnnxGraph("test");
            var x = graph.Input("x", -1, 2);
            graph.Output("y", graph.Softmax(graph.Linear("l", x, [1, 2, 3, 4], [5, 6], 2, 2) * 0.5f, 1), -1, 2);
            return graph;
        }
    }

    [Fact]
    public void Equal_small_constants_are_stored_once()
    {
        var graph = new OnnxGraph("test");
        var once = graph.Scalar(3);

        Assert.Same(once, graph.Scalar(3));
        Assert.NotSame(once, graph.Scalar(4));
        Assert.NotSame(once, graph.Constant([3f], 1));
        Assert.NotSame(graph.Constant([1L, 2], 2), graph.Constant([1L, 2], 1, 2));
        Assert.NotSame(graph.Scalar(0f), graph.Scalar(-0f));
    }

    [Fact]
    public void Inputs_and_outputs_are_described()
    {
        var graph = new OnnxGraph("test");
        graph.Output("y", graph.Relu(graph.Input("x", -1, 2)), -1, 2);

        Assert.Equal("x float32 [-1, 2]", Assert.Single(graph.Inputs).ToString());
        Assert.Equal("y float32 [-1, 2]", Assert.Single(graph.Outputs).ToString());
    }

    [Fact]
    public void A_name_is_given_once()
    {
        var graph = new OnnxGraph("test");
        var x = graph.Input("x", 1);
        graph.Initializer("w", [1f], 1);

        Assert.Throws<ArgumentException>(() => graph.Input(new TensorShape("w", GraphContract.ElementType, [1])));
        Assert.Throws<ArgumentException>(() => graph.Initializer("x", [1L], 1));
        Assert.Throws<ArgumentException>(() => graph.Output("x", x, 1));
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        var graph = new OnnxGraph("test");

        Assert.Throws<ArgumentException>(() => graph.Initializer("w", [1f, 2, 3], 2, 2));
        Assert.Throws<ArgumentException>(() => graph.Linear("l", graph.Input("x", 1, 2), [1, 2, 3], [], 2, 2));
    }

    [Fact]
    public void Types_that_do_not_fit_are_refused()
    {
        var graph = new OnnxGraph("test");
        var x = graph.Input("x", 2);
        var whole = graph.Cast(x, OnnxType.Int64);

        Assert.Throws<ArgumentException>(() => x + whole);
        Assert.Throws<ArgumentException>(() => graph.Exp(whole));
        Assert.Throws<ArgumentException>(() => graph.Gather(x, x));
        Assert.Throws<ArgumentException>(() => graph.Where(x, x, x));
        Assert.Throws<ArgumentException>(() => graph.Output("y", whole, 2));
    }

    [Fact]
    public void A_value_of_another_graph_is_refused()
    {
        var foreign = new OnnxGraph("other").Input("x", 1);
        var graph = new OnnxGraph("test");

        Assert.Throws<ArgumentException>(() => graph.Relu(foreign));
        Assert.Throws<ArgumentException>(() => graph.Input("x", 1) + foreign);
    }

    [Fact]
    public void An_idle_input_or_a_missing_output_is_refused()
    {
        var graph = new OnnxGraph("test");
        var x = graph.Input("x", 1);
        Assert.Contains("no output", Assert.Throws<InvalidOperationException>(() => graph.ToBytes()).Message, StringComparison.Ordinal);
        graph.Input("idle", 1);
        graph.Output("y", x, 1);

        Assert.Contains("'idle'", Assert.Throws<InvalidOperationException>(() => graph.ToBytes()).Message, StringComparison.Ordinal);
    }
}
