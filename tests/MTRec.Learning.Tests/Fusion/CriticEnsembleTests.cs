using MTRec.Learning.Networks;
using Xunit;
using static TorchSharp.torch;

namespace MTRec.Learning.Tests.Fusion;

public sealed class CriticEnsembleTests
{
    [Fact]
    public void Members_are_separate_networks()
    {
        manual_seed(1);
        using var scope = NewDisposeScope();
        using var critics = new CriticEnsemble(3, 4, [5, 6]);
        critics.Stir(2);
        var x = randn(7, 4);
        var (w0, b0) = (critics.get_parameter("weight0")!, critics.get_parameter("bias0")!);
        var (w1, b1) = (critics.get_parameter("weight1")!, critics.get_parameter("bias1")!);
        var (w2, b2) = (critics.get_parameter("weight2")!, critics.get_parameter("bias2")!);

        var all = critics.call(x);

        Assert.Equal([3, 7], all.shape);
        for (var member = 0; member < 3; member++)
        {
            var hidden = (x.matmul(w0.narrow(1, 5 * member, 5)) + b0.narrow(0, 5 * member, 5)).relu();
            hidden = (hidden.matmul(w1[member]) + b1[member]).relu();
            var expected = (hidden.matmul(w2[member]) + b2[member]).squeeze(1);
            Assert.True(expected.allclose(all[member], atol: 1e-5));
        }

        all[1].sum().backward();
        Assert.Equal(0, w1.grad![0].abs().sum().item<float>());
        Assert.NotEqual(0, w1.grad![1].abs().sum().item<float>());
    }

    [Fact]
    public void Actions_of_their_own_are_valued_as_in_the_whole_input()
    {
        manual_seed(2);
        using var scope = NewDisposeScope();
        using var critics = new CriticEnsemble(3, 5, [6, 4]);
        critics.Stir(2);
        var state = randn(7, 3);
        var actions = randn(3, 7, 2);

        var own = critics.OfOwnActions(state, actions);

        Assert.Equal([3, 7], own.shape);
        for (var member = 0; member < 3; member++)
            Assert.True(critics.call(cat([state, actions[member]], 1))[member].allclose(own[member], atol: 1e-5));
        own[1].sum().backward();
        var slope = critics.get_parameter("weight0")!.grad!;
        Assert.Equal(0, slope.narrow(1, 0, 6).abs().sum().item<float>());
        Assert.All(Enumerable.Range(0, 5), row => Assert.NotEqual(0, slope[row].narrow(0, 6, 6).abs().sum().item<float>()));
    }

    [Fact]
    public void Pairs_are_valued_as_in_the_whole_input()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var ensemble = new CriticEnsemble(3, 5, [4, 3]);
        var (state, pairs) = (randn(2, 3), randn(2, 4, 2).requires_grad_());
        var whole = ensemble.call(cat([state.unsqueeze(1).expand(-1, 4, -1), pairs], -1).flatten(0, 1));

        Assert.True(whole.allclose(ensemble.OfPairs(state, pairs), atol: 1e-6));
        Assert.True(whole.allclose(ensemble.FrozenOfPairs(state, pairs), atol: 1e-6));

        whole.sum().backward();
        var (slope, weights) = (pairs.grad!.clone(), ensemble.parameters().Select(parameter => parameter.grad!.clone()).ToArray());
        pairs.grad!.zero_();
        ensemble.zero_grad();
        ensemble.FrozenOfPairs(state, pairs).sum().backward();
        Assert.True(slope.allclose(pairs.grad!, atol: 1e-6));
        Assert.All(ensemble.parameters(), parameter => Assert.True(parameter.grad is null || parameter.grad.abs().max().item<float>() == 0));
        ensemble.OfPairs(state, pairs).sum().backward();
        Assert.All(ensemble.parameters().Zip(weights), pair => Assert.True(pair.First.grad!.allclose(pair.Second, atol: 1e-5)));
    }

    [Fact]
    public void Members_that_start_as_one_network_are_that_network()
    {
        manual_seed(4);
        using var scope = NewDisposeScope();
        using var one = new CriticEnsemble(1, 5, [6, 4]);
        using var critics = new CriticEnsemble(3, 5, [6, 4]);
        one.Stir(5);
        critics.StartAs(one);
        var x = randn(7, 5);
        Assert.True(critics.call(x).allclose(one.call(x).expand(3, -1), atol: 1e-6));
    }

    [Fact]
    public void Frozen_has_a_slope_in_the_input_alone()
    {
        manual_seed(3);
        using var scope = NewDisposeScope();
        using var critics = new CriticEnsemble(2, 3, [4]);
        var x = randn([5, 3], requires_grad: true);

        var frozen = critics.Frozen(x);
        Assert.True(frozen.allclose(critics.call(x)));
        frozen.sum().backward();

        var split = randn([5, 1], requires_grad: true);
        var parts = critics.Frozen(x.detach().narrow(1, 0, 2), split);
        Assert.True(parts.allclose(critics.call(cat([x.narrow(1, 0, 2), split], 1)), atol: 1e-5));
        parts.sum().backward();
        var slope = split.grad!.clone();
        var own = new[] { 0, 1 }.Select(member => critics.Frozen(x.detach().narrow(1, 0, 2), split, member)).ToArray();
        Assert.All(own.Zip([0, 1]), pair => Assert.True(pair.First.allclose(parts[pair.Second], atol: 1e-5)));
        split.grad!.zero_();
        (own[0] + own[1]).sum().backward();
        Assert.True(slope.allclose(split.grad!, atol: 1e-5));
        Assert.True(split.grad!.abs().sum().item<float>() > 0);
        Assert.True(x.grad!.abs().sum().item<float>() > 0);
        Assert.All(critics.parameters(), parameter => Assert.Null(parameter.grad));
    }
}
