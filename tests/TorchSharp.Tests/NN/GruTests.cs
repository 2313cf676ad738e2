using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Tests.NN;

public class GruTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_gru_is_its_cell_step_by_step(bool batchFirst)
    {
        manual_seed(5);
        using GRU gru = GRU(3, 4, batchFirst: batchFirst, dtype: ScalarType.Float64);
        using var scope = NewDisposeScope();
        Tensor input = randn(6, 2, 3, dtype: ScalarType.Float64), state = randn(1, 2, 4, dtype: ScalarType.Float64);

        (Tensor output, Tensor last) = gru.call(batchFirst ? input.transpose(0, 1) : input, state);
        if (batchFirst) output = output.transpose(0, 1);

        Tensor expected = state[0];
        for (int t = 0; t < 6; t++)
        {
            expected = Cell(gru, input[t], expected);
            Assert.True(output[t].allclose(expected, 1e-12, 1e-12));
        }
        Assert.True(last[0].allclose(expected, 1e-12, 1e-12));
    }

    [Fact]
    public void Without_an_initial_state_it_starts_from_zero()
    {
        using GRU gru = GRU(3, 4, 2, bidirectional: true);
        using var scope = NewDisposeScope();
        Tensor input = randn(5, 2, 3);
        (Tensor output, Tensor state) = gru.call(input);
        (Tensor sameOutput, Tensor sameState) = gru.call(input, zeros(4, 2, 4));
        Assert.Equal([5L, 2, 8], output.shape);
        Assert.Equal([4L, 2, 4], state.shape);
        Assert.True(output.allclose(sameOutput));
        Assert.True(state.allclose(sameState));
    }

    [Fact]
    public void A_bias_is_optional()
    {
        using GRU gru = GRU(3, 4, 2, bias: false);
        Assert.Equal(
            ["weight_ih_l0", "weight_hh_l0", "weight_ih_l1", "weight_hh_l1"], gru.named_parameters().Select(parameter => parameter.name));
        Assert.Equal([12L, 4], gru.get_parameter("weight_ih_l1")!.shape);
    }

    [Fact]
    public void A_wrong_width_is_refused_with_libtorchs_message()
    {
        using GRU gru = GRU(3, 4);
        using var scope = NewDisposeScope();
        Assert.ThrowsAny<Exception>(() => gru.call(randn(5, 2, 7)));
    }

    /// <summary>Cho et al. (2014) in PyTorch's arrangement: gates r, z and n stacked.</summary>
    private static Tensor Cell(GRU gru, Tensor x, Tensor h)
    {
        Tensor fromInput = functional.linear(x, gru.get_parameter("weight_ih_l0")!, gru.get_parameter("bias_ih_l0"));
        Tensor fromState = functional.linear(h, gru.get_parameter("weight_hh_l0")!, gru.get_parameter("bias_hh_l0"));
        Tensor r = (fromInput.narrow(1, 0, 4) + fromState.narrow(1, 0, 4)).sigmoid();
        Tensor z = (fromInput.narrow(1, 4, 4) + fromState.narrow(1, 4, 4)).sigmoid();
        Tensor n = (fromInput.narrow(1, 8, 4) + (r * fromState.narrow(1, 8, 4))).tanh();
        return ((1 - z) * n) + (z * h);
    }
}
