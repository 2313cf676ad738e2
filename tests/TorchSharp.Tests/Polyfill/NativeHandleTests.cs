using System.Runtime.InteropServices;
using TorchSharp.Interop;
using Xunit;
using static TorchSharp.torch;

namespace TorchSharp.Tests.Polyfill;

/// <summary>Every handle that the shim gives out comes back to it.</summary>
[Collection(nameof(ProcessWideCounts))]
public class NativeHandleTests
{
    private static readonly Dictionary<string, Action> Cases = new()
    {
        ["results"] = () => ones(3).add(1).exp_(),
        ["pairs"] = () => ones(3, 2).max(0),
        ["lists"] = () => ones(4).split(2),
        ["sets"] = () => ones(3).unique(return_inverse: true, return_counts: true),
        ["shared arrays"] = () => from_array(new float[5]),
        ["gradients"] = () =>
        {
            var x = ones(3, requires_grad: true);
            _ = autograd.grad([x.sum()], [x, ones(1, requires_grad: true)], allow_unused: true);
            x.square().sum().backward();
            _ = x.grad;
        },
        ["failing results"] = () => Assert.Throws<ExternalException>(() => ones(3).view(2)),
        ["failing pairs"] = () => Assert.Throws<ExternalException>(() => ones(3).max(5)),
        ["failing lists"] = () => Assert.Throws<ExternalException>(() => ones(4).split([1L, 2L])),
        ["refused arguments"] = () => Assert.Throws<ArgumentNullException>(() => ones(4).add((Tensor)null!)),
    };

    public static TheoryData<string> Uses => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Uses))]
    public void No_handle_is_left(string use)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Shim.live_handle_count();
        using (NewDisposeScope())
            Cases[use]();
        Assert.Equal(before, Shim.live_handle_count());
        Assert.Equal(before, Tensor.TotalCount);
    }
}
