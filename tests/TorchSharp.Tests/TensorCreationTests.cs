using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class TensorCreationTests
{
    [Fact]
    public void Arrays_of_any_rank_keep_their_order()
    {
        using var scope = NewDisposeScope();

        Assert.Equal([1f, 2f, 3f], tensor(new[] { 1f, 2f, 3f }).data<float>().ToArray());
        var matrix = tensor(new[,] { { 1L, 2L, 3L }, { 4L, 5L, 6L } });
        Assert.Equal([2L, 3L], matrix.shape);
        Assert.Equal([1L, 2L, 3L, 4L, 5L, 6L], matrix.data<long>().ToArray());
        Assert.Equal(4L, matrix[1, 0].item<long>());
        Assert.Equal(ScalarType.Bool, tensor(new[] { true, false }).dtype);
    }

    [Fact]
    public void Libtorchs_message_arrives_as_an_exception()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<ExternalException>(() => zeros(2, 3).matmul(zeros(2, 3)));
        Assert.Contains("mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_of_a_product_are_the_other_factor()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { 1.0, 2.0 }, requires_grad: true);
        var y = tensor(new[] { 3.0, 5.0 });
        (x * y).sum().backward();
        Assert.Equal([3.0, 5.0], x.grad!.data<double>().ToArray());
        Assert.Null(y.grad);
    }
}
