using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests.NN;

/// <summary>Steps against hand computed updates; the gradient of the loss 3 p is 3.</summary>
public class OptimizerTests
{
    [Fact]
    public void Sgd_moves_against_the_gradient_with_momentum()
    {
        using Parameter p = new(tensor(new[] { 1.0 }));
        using SGD optimizer = optim.SGD([p], 0.1, momentum: 0.5);
        Assert.Equal(1 - (0.1 * 3), Stepped(optimizer, p), 1e-12);
        Assert.Equal(0.7 - (0.1 * ((0.5 * 3) + 3)), Stepped(optimizer, p), 1e-12);
    }

    [Fact]
    public void Adam_first_moves_by_its_rate()
    {
        using Parameter p = new(tensor(new[] { 1.0 }));
        using Adam optimizer = optim.Adam([p], 0.1);
        Assert.Equal(1 - (0.1 * 3 / (3 + 1e-8)), Stepped(optimizer, p), 1e-12);
        // Kingma and Ba (2015), algorithm 1, at t = 2 with a constant gradient: both corrected moments stay 3 and 9.
        Assert.Equal(0.8, Stepped(optimizer, p), 1e-8);
    }

    [Fact]
    public void AdamW_decays_the_weight_apart_from_the_moments()
    {
        using Parameter p = new(tensor(new[] { 1.0 }));
        using AdamW optimizer = optim.AdamW([p], 0.1, weight_decay: 0.5);
        Assert.Equal((1 * (1 - (0.1 * 0.5))) - (0.1 * 3 / (3 + 1e-8)), Stepped(optimizer, p), 1e-12);
    }

    [Fact]
    public void Adam_steps_alike_on_strided_and_contiguous_memory()
    {
        manual_seed(9);
        using Tensor values = randn(4, 6);
        using Parameter whole = new(values.clone()), strided = new(values.t().contiguous().t());
        Assert.False(strided.is_contiguous());
        using Adam first = optim.Adam([whole], 0.1, amsgrad: true, weight_decay: 0.1), second = optim.Adam([strided], 0.1, amsgrad: true, weight_decay: 0.1);
        for (int i = 0; i < 5; i++)
        {
            using var scope = NewDisposeScope();
            first.zero_grad();
            second.zero_grad();
            whole.pow(3).sum().backward();
            strided.pow(3).sum().backward();
            first.step();
            second.step();
        }
        Assert.True(whole.allclose(strided, 1e-5, 1e-6));
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays()
    {
        using Parameter used = new(ones(1)), unused = new(ones(1));
        using Adam optimizer = optim.Adam([used, unused], 0.1);
        (used * 3).sum().backward();
        optimizer.step();
        Assert.Equal(1, unused.item<float>());
        Assert.NotEqual(1, used.item<float>());
    }

    [Fact]
    public void Groups_have_their_own_options()
    {
        using Parameter fast = new(ones(1)), slow = new(ones(1));
        using SGD optimizer = optim.SGD([new SGD.ParamGroup([fast], 0.1), new SGD.ParamGroup([slow], 0.01)], 1);
        (fast + slow).sum().backward();
        optimizer.step();
        Assert.Equal(0.9, fast.item<float>(), 1e-6);
        Assert.Equal(0.99, slow.item<float>(), 1e-6);
        Assert.Equal([0.1, 0.01], optimizer.ParamGroups.Select(group => group.LearningRate));
        optimizer.ParamGroups.First().LearningRate = 0;
        optimizer.step();
        Assert.Equal(0.9, fast.item<float>(), 1e-6);
        Assert.Equal(0.1, optimizer.ParamGroups.First().InitialLearningRate);
    }

    [Fact]
    public void Zero_grad_keeps_a_zero_gradient()
    {
        using Parameter p = new(ones(2));
        using Adam optimizer = optim.Adam([p]);
        p.sum().backward();
        optimizer.zero_grad();
        using Tensor gradient = p.grad!;
        Assert.Equal([0f, 0f], gradient.data<float>().ToArray());
    }

    [Fact]
    public void A_step_is_seen_by_gradients_that_need_the_old_value()
    {
        using Parameter p = new(ones(2));
        using Adam optimizer = optim.Adam([p]);
        using var scope = NewDisposeScope();
        p.sum().backward();
        Tensor square = p.square().sum();
        optimizer.step();
        Exception error = Assert.ThrowsAny<Exception>(square.backward);
        Assert.Contains("modified by an inplace operation", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closure_computes_the_loss_and_its_gradients()
    {
        using Parameter p = new(ones(1));
        using SGD optimizer = optim.SGD([p], 0.1);
        using Tensor loss = optimizer.step(() =>
        {
            Tensor value = p.sum() * 3;
            value.backward();
            return value;
        });
        Assert.Equal(3, loss.item<float>());
        Assert.Equal(0.7, p.item<float>(), 1e-6);
    }

    [Theory]
    [InlineData(-1.0, 0.9, 0.0)]
    [InlineData(0.1, 1.0, 0.0)]
    [InlineData(0.1, 0.9, -1.0)]
    public void Options_out_of_range_are_refused(double lr, double beta1, double weightDecay)
    {
        using Parameter p = new(ones(1));
        Assert.Throws<ArgumentException>(() => optim.Adam([p], lr, beta1, weight_decay: weightDecay));
        Assert.Throws<ArgumentException>(() => optim.AdamW([p], lr, beta1, weight_decay: weightDecay));
    }

    [Fact]
    public void Clipping_by_value_bounds_every_gradient()
    {
        using Parameter p = new(ones(3));
        using var scope = NewDisposeScope();
        (p * tensor(new[] { -5f, 0.1f, 5f })).sum().backward();
        nn.utils.clip_grad_value_([p], 0.5);
        Assert.Equal([-0.5f, 0.1f, 0.5f], p.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Clipping_leaves_a_short_gradient_alone()
    {
        using Parameter p = new(ones(4)), idle = new(ones(1));
        using var scope = NewDisposeScope();
        p.sum().backward();
        Assert.Equal(2, nn.utils.clip_grad_norm_([p, idle], 10), 1e-6);
        Assert.Equal([1f, 1, 1, 1], p.grad!.data<float>().ToArray());
        Assert.Equal(0, nn.utils.clip_grad_norm_([idle], 10));
    }

    private static double Stepped(optim.Optimizer optimizer, Parameter p)
    {
        using var scope = NewDisposeScope();
        optimizer.zero_grad();
        (p * 3).sum().backward();
        optimizer.step();
        return p.item<double>();
    }
}
