using System.Runtime.InteropServices;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

public class TensorErrorTests
{
    private static readonly Dictionary<string, (Action Act, string Message)> Known = new()
    {
        ["shapes that do not multiply"] = (() => zeros(2, 3).matmul(zeros(2, 3)), "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        ["shapes that do not broadcast"] = (() => zeros(2).add_(zeros(3)), "The size of tensor a (2) must match the size of tensor b (3)"),
        ["a view of the wrong size"] = (() => zeros(6).view(4, 2), "shape '[4, 2]' is invalid for input of size 6"),
        ["a dimension out of range"] = (() => zeros(2).size(3), "Dimension out of range"),
        ["a sum over a dimension out of range"] = (() => zeros(2).sum(1), "Dimension out of range"),
        ["an index out of range"] = (() => _ = zeros(2)[5], "index 5 is out of bounds for dimension 0 with size 2"),
        ["a gather out of range"] = (() => zeros(2).gather(0, tensor(new[] { 9L })), "index 9 is out of bounds"),
        ["concatenation of other shapes"] = (() => cat([zeros(2, 2), zeros(2, 3)]), "Sizes of tensors must match except in dimension 0"),
        ["stacking other shapes"] = (() => stack([zeros(2), zeros(3)]), "stack expects each tensor to be equal size"),
        ["split into other sizes"] = (() => zeros(4).split([1L, 2L]), "split_with_sizes expects split_sizes to sum exactly to 4"),
        ["the mean of integers"] = (() => arange(3).mean(), "Long"),
        ["multinomial without weights"] = (() => zeros(3).multinomial(1), "sum of probabilities"),
        ["maximum of nothing"] = (() => zeros(0).max(), "numel() == 0"),
        ["more than there is"] = (() => zeros(3).topk(4), "selected index k out of range"),
        ["a bad equation"] = (() => einsum("ij,jk", zeros(2, 2)), "einsum()"),
    };

    public static TheoryData<string> Failures => [.. Known.Keys];

    [Theory]
    [MemberData(nameof(Failures))]
    public void Libtorchs_own_words_reach_the_caller(string name)
    {
        using var scope = NewDisposeScope();
        var (act, message) = Known[name];
        var error = Assert.Throws<ExternalException>(act);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        CheckForErrors(); // the failure is reported once
    }

    [Fact]
    public void Each_thread_gets_its_own_failure()
    {
        Parallel.For(2, 34, i =>
        {
            using var scope = NewDisposeScope();
            var error = Assert.Throws<ExternalException>(() => zeros(i).view(i + 1));
            Assert.Contains($"shape '[{i + 1}]' is invalid for input of size {i}", error.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_disposed_tensor_is_refused()
    {
        var disposed = zeros(2);
        disposed.Dispose();
        Assert.True(disposed.IsInvalid);
        Assert.Throws<InvalidOperationException>(() => disposed.shape);
        Assert.Throws<InvalidOperationException>(() => zeros(2) + disposed);
    }

    [Fact]
    public void Too_short_data_is_refused() => Assert.Throws<ArgumentException>(() => tensor(new[] { 1f, 2f }, [3]));
}
