using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class AutogradTests
{
    [Fact]
    public void Gradients_accumulate_over_backward_passes()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 2.0 }, requires_grad: true);

        Assert.Null(x.grad);
        x.square().sum().backward();
        x.square().sum().backward();

        Assert.Equal([4.0, 8.0], x.grad!.data<double>().ToArray());
        x.grad = null;
        Assert.Null(x.grad);
    }

    [Fact]
    public void Only_leaves_keep_gradients_unless_told_otherwise()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 2.0 }, requires_grad: true);
        var kept = x * 3;
        kept.retain_grad();
        kept.square().sum().backward();

        Assert.True(x.is_leaf);
        Assert.False(kept.is_leaf);
        Assert.Equal([6.0, 12.0], kept.grad!.data<double>().ToArray());
        Assert.Equal([18.0, 36.0], x.grad!.data<double>().ToArray());
    }

    [Fact]
    public void Nothing_is_recorded_inside_no_grad()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        using (no_grad())
        {
            Assert.False(is_grad_enabled());
            Assert.False((x * 2).requires_grad);
            using (enable_grad())
                Assert.True((x * 2).requires_grad);
            x.mul_(3);
        }

        Assert.True(is_grad_enabled());
        Assert.Equal([3f, 3f], x.data<float>().ToArray());
        using (set_grad_enabled(false))
            Assert.False(is_grad_enabled());
    }

    [Fact]
    public void A_detached_tensor_shares_memory_but_no_history()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        var detached = x.detach();
        detached.fill_(5);

        Assert.False(detached.requires_grad);
        Assert.Equal([5f, 5f], x.data<float>().ToArray());
    }

    [Fact]
    public void A_leaf_that_requires_gradients_may_not_change_in_place()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        var error = Assert.Throws<ExternalException>(() => x.add_(1));
        Assert.Contains("leaf Variable that requires grad", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_backward_needs_the_graph_kept()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        var y = x.exp().sum();
        y.backward(retain_graph: true);
        y.backward();
        Assert.Throws<ExternalException>(() => y.backward());
    }

    [Fact]
    public void Second_derivatives_come_from_a_graph_of_the_first()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 0.5, -1.25 }, requires_grad: true);

        var first = autograd.grad([x.pow(3).sum()], [x], create_graph: true)[0];
        var second = autograd.grad([first.sum()], [x])[0];

        Assert.Equal([3.0, -7.5], second.data<double>().ToArray());
        Assert.Null(x.grad);
    }

    [Fact]
    public void Unused_inputs_are_an_error_unless_allowed()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, requires_grad: true);
        var unused = ones(2, requires_grad: true);

        Assert.Throws<ExternalException>(() => autograd.grad([x.sum()], [unused]));
        Assert.Equal([1f, 1f], autograd.grad([x.sum()], [x, unused], allow_unused: true)[0].data<float>().ToArray());
    }

    [Fact]
    public void Backward_from_a_vector_takes_weights()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 2.0 }, requires_grad: true);
        autograd.backward([x.square()], [tensor(new[] { 10.0, 100.0 })]);
        Assert.Equal([20.0, 400.0], x.grad!.data<double>().ToArray());

        Assert.Throws<ExternalException>(() => x.square().backward());
    }

    [Fact]
    public void Integers_have_no_gradients()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ExternalException>(() => ones(2, ScalarType.Int64, requires_grad: true));
        Assert.Contains("floating point", error.Message, StringComparison.Ordinal);
    }
}
